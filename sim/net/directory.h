/* The directory: which node has a name or an address.
 *
 * A hash table of (node, what) pairs; names and addresses themselves stay in the nodes. Nothing is
 * ever taken out, and the order of the table is never seen. */
#ifndef TCPSIM_NET_DIRECTORY_H
#define TCPSIM_NET_DIRECTORY_H

#include "sim/net/net.h"

/* Make room for one more node; false, and nothing changed, when there is no memory. */
bool directory_reserve(struct sim *sim, struct net *net);

/* Enter a node's name and addresses, all of which must be new. Room must have been reserved. */
void directory_add_node(struct net *net, host_id host);

/* The node, or HOST_NONE. */
host_id directory_find_name(const struct net *net, const char *name);
host_id directory_find_address(const struct net *net, const struct ip_addr *addr);

#endif
