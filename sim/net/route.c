/* Routes: the link by which a packet leaves a node.
 *
 * A node with routes of its own uses the longest prefix that fits, and only those. A node without
 * finds shortest ways: breadth first over the links in order of creation, so that among equally
 * short ways the one over the older links wins. Hosts do not forward, and a link that is down still
 * counts: routes are not a protocol here. Tables of next hops are made on first use, and only for
 * nodes with two links or more: a node with one link asks its neighbour's. */
#include "sim/net/link.h"

#include <string.h>

static const struct attachment nowhere = { .link = LINK_NONE };

static host_id far_end(const struct net *net, struct attachment via)
{
    return net->links[via.link]->directions[via.direction].to;
}

/* ---- shortest ways -------------------------------------------------------------------------- */

/* Fill the node's table, using `frontier` (room for every node) as the queue of the search. */
static void search_next_hops(struct net *net, host_id source, host_id *frontier)
{
    struct attachment *next_hops = node_at(net, source)->next_hops;
    uint32_t head = 0, tail = 0;
    frontier[tail++] = source;
    while (head < tail) {
        host_id at = frontier[head++];
        const struct node *node = node_at(net, at);
        if (node->kind == NODE_HOST && at != source) {
            continue;
        }
        for (uint32_t i = 0; i < node->attachment_count; i++) {
            host_id peer = far_end(net, node->attachments[i]);
            if (peer != source && next_hops[peer].link == LINK_NONE) {
                next_hops[peer] = at == source ? node->attachments[i] : next_hops[at];
                frontier[tail++] = peer;
            }
        }
    }
}

static size_t table_bytes(uint32_t count)
{
    return ((size_t)count + 1) * sizeof(struct attachment);
}

/* False when there is no memory. */
static bool make_next_hops(struct sim *sim, struct net *net, host_id id)
{
    struct node *node = node_at(net, id);
    if (node->next_hops != NULL) {
        arena_release(&sim->arena, node->next_hops, table_bytes(node->next_hop_count));
    }
    size_t frontier_bytes = net->node_count * sizeof(host_id);
    host_id *frontier = arena_allocate(&sim->arena, frontier_bytes);
    node->next_hop_count = net->node_count;
    node->next_hops = arena_allocate(&sim->arena, table_bytes(node->next_hop_count));
    bool enough = frontier != NULL && node->next_hops != NULL;
    if (enough) {
        memset(node->next_hops, 0, table_bytes(node->next_hop_count));
        node->next_hops_topology = net->topology;
        search_next_hops(net, id, frontier);
    } else {
        arena_release(&sim->arena, node->next_hops, table_bytes(node->next_hop_count));
        node->next_hops = NULL;
        sim_out_of_memory(sim);
    }
    arena_release(&sim->arena, frontier, frontier_bytes);
    return enough;
}

static struct attachment look_up_next_hop(struct sim *sim, struct net *net, host_id id,
                                          host_id destination)
{
    const struct node *node = node_at(net, id);
    bool valid = node->next_hops != NULL && node->next_hops_topology == net->topology;
    if (!valid && !make_next_hops(sim, net, id)) {
        return nowhere;
    }
    SIM_ASSERT(node->next_hops != NULL);
    /* A node created after the table was made has no link yet. */
    return destination <= node->next_hop_count ? node->next_hops[destination] : nowhere;
}

/* The shortest way of a node with one link. */
static struct attachment only_way(struct sim *sim, struct net *net, const struct node *node,
                                  host_id destination)
{
    host_id peer = far_end(net, node->attachments[0]);
    if (peer == destination) {
        return node->attachments[0];
    }
    if (node_at(net, peer)->kind == NODE_HOST) {
        return nowhere;
    }
    bool reached = look_up_next_hop(sim, net, peer, destination).link != LINK_NONE;
    return reached ? node->attachments[0] : nowhere;
}

static struct attachment shortest_way(struct sim *sim, struct net *net, host_id id,
                                      host_id destination)
{
    const struct node *node = node_at(net, id);
    if (destination == HOST_NONE || destination == id || node->attachment_count == 0) {
        return nowhere;
    }
    if (node->attachment_count == 1) {
        return only_way(sim, net, node, destination);
    }
    return look_up_next_hop(sim, net, id, destination);
}

/* ---- routes of the scenario ----------------------------------------------------------------- */

static struct attachment longest_prefix(const struct node *node, const struct ip_addr *destination)
{
    for (uint32_t i = 0; i < node->route_count; i++) {
        if (ip_prefix_contains(&node->routes[i].prefix, destination)) {
            return node->routes[i].via;
        }
    }
    return nowhere;
}

struct attachment route_lookup(struct sim *sim, struct net *net, host_id node,
                               const struct ip_addr *destination)
{
    const struct node *n = node_at(net, node);
    if (n->route_count == 0) {
        return shortest_way(sim, net, node, host_by_address(sim, destination));
    }
    return node_has_address(n, destination) ? nowhere : longest_prefix(n, destination);
}

bool host_has_route(struct sim *sim, host_id host, const struct ip_addr *addr)
{
    return route_lookup(sim, net_of(sim), host, addr).link != LINK_NONE;
}

static bool same_prefix(const struct ip_prefix *a, const struct ip_prefix *b)
{
    return a->length == b->length && ip_prefix_contains(a, &b->addr);
}

static bool reserve_route(struct sim *sim, struct node *node)
{
    if (node->route_count < node->route_capacity) {
        return true;
    }
    uint32_t capacity = node->route_capacity == 0 ? 4 : 2 * node->route_capacity;
    struct route *bigger =
        arena_grow(&sim->arena, node->routes, node->route_capacity * sizeof(struct route),
                   capacity * sizeof(struct route));
    if (bigger == NULL) {
        sim_out_of_memory(sim);
        return false;
    }
    node->routes = bigger;
    node->route_capacity = capacity;
    return true;
}

/* Keep the routes sorted, longest prefix first; a prefix that is there already gets the new link. */
static void insert_route(struct node *node, const struct route *route)
{
    uint32_t at = 0;
    for (; at < node->route_count && node->routes[at].prefix.length >= route->prefix.length; at++) {
        if (same_prefix(&node->routes[at].prefix, &route->prefix)) {
            node->routes[at].via = route->via;
            return;
        }
    }
    memmove(&node->routes[at + 1], &node->routes[at],
            (node->route_count - at) * sizeof(struct route));
    node->routes[at] = *route;
    node->route_count++;
}

static struct attachment find_attachment(const struct node *node, link_id link)
{
    for (uint32_t i = 0; i < node->attachment_count; i++) {
        if (node->attachments[i].link == link) {
            return node->attachments[i];
        }
    }
    return nowhere;
}

enum sim_status route_add(struct sim *sim, host_id node, const struct ip_prefix *prefix,
                          link_id link)
{
    struct net *net = net_of(sim);
    if (net == NULL) {
        return SIM_NO_MEMORY;
    }
    uint8_t bits = ip_addr_is_v4(&prefix->addr) ? 32 : 128;
    if (node == HOST_NONE || node > net->node_count || prefix->length > bits) {
        return SIM_INVALID;
    }
    struct node *n = node_at(net, node);
    struct route route = { *prefix, find_attachment(n, link) };
    if (link == LINK_NONE || route.via.link == LINK_NONE) {
        return SIM_INVALID;
    }
    if (!reserve_route(sim, n)) {
        return SIM_NO_MEMORY;
    }
    insert_route(n, &route);
    return SIM_OK;
}
