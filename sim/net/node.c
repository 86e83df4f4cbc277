/* Nodes: hosts, switches and routers, and what they do with a packet.
 *
 * A host sends its own packets and takes in what arrives. A switch passes packets on by address and
 * leaves them as they are. A router does so too and lowers the hop limit (RFC 791 3.2, RFC 8200 3).
 * Loopback is not modelled: a packet for the node's own address has no route. */
#include "sim/net/conn.h"
#include "sim/net/directory.h"
#include "sim/net/stack.h"

#include <string.h>

/* A ring of switches with routes of their own would pass a packet on for ever, perhaps without
 * virtual time going by; real rings melt down. */
enum { SWITCH_HOPS_MAX = 255 };

static const struct attachment at_node = { .link = LINK_NONE };

/* ---- a packet's way ------------------------------------------------------------------------- */

static void end_at_node(struct sim *sim, struct net *net, struct net_packet *p,
                        enum packet_fate fate)
{
    net_tell_fate(sim, at_node, p, fate, NULL);
    net_packet_release(net, p);
}

/* A host without routes of its own sends what it knows no way for by its oldest link, and lets the
 * network find out (docs/adr/0010); but nothing for itself. */
static bool has_default_route(const struct node *here, const struct ip_addr *destination)
{
    return here->kind == NODE_HOST && here->attachment_count > 0 && here->route_count == 0 &&
           !node_has_address(here, destination);
}

void node_send(struct sim *sim, struct net *net, host_id node, struct net_packet *p)
{
    p->node = node;
    p->size_bytes = packet_size_bytes(&p->packet);
    struct attachment via = route_lookup(sim, net, node, &p->packet.destination);
    const struct node *here = node_at(net, node);
    if (via.link == LINK_NONE && has_default_route(here, &p->packet.destination)) {
        via = here->attachments[0];
    }
    if (via.link == LINK_NONE) {
        end_at_node(sim, net, p, here->kind == NODE_SWITCH ? FATE_NO_HOST : FATE_NO_ROUTE);
        return;
    }
    link_enter(sim, net, via, p);
}

/* Count the hop; false when the packet may not go any further. */
static bool may_go_on(const struct node *node, struct net_packet *p)
{
    if (node->kind == NODE_SWITCH) {
        return ++p->hops <= SWITCH_HOPS_MAX;
    }
    if (p->packet.hop_limit <= 1) {
        return false;
    }
    p->packet.hop_limit--;
    return true;
}

static void pass_on(struct sim *sim, struct net *net, host_id id, struct net_packet *p)
{
    const struct node *node = node_at(net, id);
    if (node_has_address(node, &p->packet.destination)) { /* it has no stack to take it in */
        end_at_node(sim, net, p, FATE_NO_HOST);
    } else if (!may_go_on(node, p)) {
        end_at_node(sim, net, p, FATE_HOPS_EXCEEDED);
    } else {
        node_send(sim, net, id, p);
    }
}

void node_receive(struct sim *sim, struct net *net, host_id node, struct net_packet *p)
{
    p->node = node;
    switch (node_at(net, node)->kind) {
    case NODE_HOST:
        stack_receive(sim, net, node, p);
        break;
    case NODE_SWITCH:
    case NODE_ROUTER:
        pass_on(sim, net, node, p);
        break;
    }
}

/* ---- creating ------------------------------------------------------------------------------- */

static bool is_duration(sim_time_t time)
{
    return time >= 0 && time <= SIM_DURATION_MAX;
}

static bool are_valid_params(const struct tcp_params *p)
{
    return is_duration(p->msl) && is_duration(p->rto_initial) && is_duration(p->rto_min) &&
           is_duration(p->rto_max) && is_duration(p->clock_granularity) &&
           is_duration(p->delayed_ack) && is_duration(p->persist_max) &&
           is_duration(p->fin_wait_2_timeout) && is_duration(p->user_timeout);
}

static bool is_valid_name(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f) {
            return false; /* names stand in tables and on terminals */
        }
    }
    return length > 0 && length < NET_NAME_MAX;
}

static bool is_valid_config(const struct host_config *config)
{
    if (config->name == NULL || (unsigned)config->kind > NODE_ROUTER ||
        config->address_count > HOST_ADDRESSES_MAX || config->iss_count > HOST_ISS_MAX ||
        port_range_first(config) > port_range_last(config)) {
        return false;
    }
    if (!is_valid_name(config->name) || !are_valid_params(&config->tcp)) {
        return false;
    }
    for (uint32_t i = 0; i < config->address_count; i++) {
        if (ip_addr_is_unspecified(&config->addresses[i])) {
            return false;
        }
    }
    return true;
}

/* 10.0.0.<number> and fd00::<number>; numbers beyond 255 run on into the bytes before. */
static void give_default_addresses(struct node *node, host_id number)
{
    uint8_t bytes[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                         (uint8_t)number };
    node->addresses[0] = ip_addr_v4(10, bytes[1], bytes[2], bytes[3]);
    node->addresses[1] = (struct ip_addr){ { 0xfd } };
    memcpy(&node->addresses[1].bytes[12], bytes, sizeof bytes);
    node->address_count = 2;
}

static void fill_node(struct node *node, host_id number, const struct host_config *config)
{
    memset(node, 0, sizeof *node);
    memcpy(node->name, config->name, strlen(config->name) + 1); /* is_valid_config: it fits */
    node->kind = config->kind;
    node->address_count = config->address_count;
    memcpy(node->addresses, config->addresses, sizeof node->addresses);
    if (config->address_count == 0 && config->kind == NODE_HOST) {
        give_default_addresses(node, number);
    }
}

/* Whether the node's name or one of its addresses is another's, or an address is there twice. */
static bool is_known(const struct net *net, const struct node *node)
{
    if (directory_find_name(net, node->name) != HOST_NONE) {
        return true;
    }
    for (uint32_t i = 0; i < node->address_count; i++) {
        if (directory_find_address(net, &node->addresses[i]) != HOST_NONE) {
            return true;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (ip_addr_equal(&node->addresses[i], &node->addresses[j])) {
                return true;
            }
        }
    }
    return false;
}

static bool reserve_node(struct sim *sim, struct net *net)
{
    if (net->node_count + 1 >= net->node_capacity) {
        uint32_t capacity = net->node_capacity == 0 ? 16 : 2 * net->node_capacity;
        struct node **bigger =
            arena_grow(&sim->arena, net->nodes, net->node_capacity * sizeof(struct node *),
                       capacity * sizeof(struct node *));
        if (bigger == NULL) {
            return false;
        }
        net->nodes = bigger;
        net->node_capacity = capacity;
    }
    return directory_reserve(sim, net);
}

/* Make the node known; a host that cannot get its stack is unknown again. */
static bool admit_node(struct sim *sim, struct net *net, struct node *node,
                       const struct host_config *config)
{
    host_id id = ++net->node_count;
    net->nodes[id] = node;
    if (node->kind == NODE_HOST) {
        node->stack = stack_create(sim, net, id, config);
        if (node->stack == NULL) {
            net->node_count--;
            return false;
        }
    }
    directory_add_node(net, id);
    return true;
}

enum sim_status host_create(struct sim *sim, const struct host_config *config, host_id *host)
{
    *host = HOST_NONE;
    if (!is_valid_config(config)) {
        return SIM_INVALID;
    }
    struct net *net = net_of(sim);
    if (net == NULL) {
        return SIM_NO_MEMORY;
    }
    struct node filled;
    fill_node(&filled, net->node_count + 1, config);
    if (is_known(net, &filled)) {
        return SIM_ADDRESS_IN_USE;
    }
    struct node *node = arena_allocate(&sim->arena, sizeof *node);
    if (node == NULL || !reserve_node(sim, net)) {
        arena_release(&sim->arena, node, sizeof *node);
        sim_out_of_memory(sim);
        return SIM_NO_MEMORY;
    }
    *node = filled;
    if (!admit_node(sim, net, node, config)) {
        arena_release(&sim->arena, node, sizeof *node);
        sim_out_of_memory(sim);
        return SIM_NO_MEMORY;
    }
    *host = net->node_count;
    return SIM_OK;
}

/* ---- asking --------------------------------------------------------------------------------- */

struct node *node_at(const struct net *net, host_id id)
{
    SIM_ASSERT(net != NULL && id != HOST_NONE && id <= net->node_count);
    return net->nodes[id];
}

bool node_has_address(const struct node *node, const struct ip_addr *addr)
{
    for (uint32_t i = 0; i < node->address_count; i++) {
        if (ip_addr_equal(&node->addresses[i], addr)) {
            return true;
        }
    }
    return false;
}

uint32_t host_count(const struct sim *sim)
{
    const struct net *net = net_peek(sim);
    return net == NULL ? 0 : net->node_count;
}

const char *host_name(const struct sim *sim, host_id host)
{
    return host == HOST_NONE ? "-" : node_at(net_peek(sim), host)->name;
}

enum node_kind host_kind(const struct sim *sim, host_id host)
{
    return node_at(net_peek(sim), host)->kind;
}

uint32_t host_address_count(const struct sim *sim, host_id host)
{
    return node_at(net_peek(sim), host)->address_count;
}

const struct ip_addr *host_address(const struct sim *sim, host_id host, uint32_t index)
{
    const struct node *node = node_at(net_peek(sim), host);
    SIM_ASSERT(index < node->address_count);
    return &node->addresses[index];
}

host_id host_by_address(const struct sim *sim, const struct ip_addr *addr)
{
    const struct net *net = net_peek(sim);
    return net == NULL ? HOST_NONE : directory_find_address(net, addr);
}

host_id host_by_name(const struct sim *sim, const char *name)
{
    const struct net *net = net_peek(sim);
    return net == NULL ? HOST_NONE : directory_find_name(net, name);
}
