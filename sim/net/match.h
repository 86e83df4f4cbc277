/* Scripted rules about packets: which packets, and what to do with them.
 *
 * Rules of a link form a list in order of creation. A rule that was removed leaves the list but
 * stays in its pool: its hits can be asked for, and what it holds can be let go. */
#ifndef TCPSIM_NET_MATCH_H
#define TCPSIM_NET_MATCH_H

#include "sim/net/link.h"

struct match {
    struct pool_slot slot;
    match_id id;
    match_id next; /* of the same link, created later; kept when removed, see match_decide() */
    link_id link;
    bool removed;
    bool calling;  /* its `call` runs */
    uint64_t fits; /* packets for which all conditions but nth, every and limit held */
    uint64_t hits; /* packets acted on */
    uint32_t held_first, held_last; /* packets that it holds, by `next` */
    const char *label;              /* or NULL */
    struct packet_match conditions;
    struct packet_action action;
};

/* What a rule has decided about a packet. */
struct ruling {
    struct match *rule;
    struct packet_action action; /* never ACTION_CALL */
};

/* Ask the link's rules about a packet that enters it; false when none acts. May call back into the
 * application, which may do anything but end the packet. */
bool match_decide(struct sim *sim, struct net *net, const struct link *link,
                  const struct net_packet *p, struct ruling *ruling);

/* Keep the packet for link_release(). */
void match_hold(struct net *net, struct match *rule, struct net_packet *p);

#endif
