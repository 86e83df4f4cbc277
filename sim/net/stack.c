/* The TCP/IP of one host: packets in, packets out, and what observers are told of them. */
#include "sim/net/stack.h"

#include "sim/base/panic.h"
#include "sim/net/conn.h"
#include "sim/net/link.h"

enum {
    DEFAULT_HOP_LIMIT = 64,
    DEFAULT_MTU = 1500,
    IPV4_TCP_HEADERS = 40,
    IPV6_TCP_HEADERS = 60,
};

struct stack *stack_create(struct sim *sim, struct net *net, host_id host,
                           const struct host_config *config)
{
    (void)net;
    struct stack *stack = arena_allocate(&sim->arena, sizeof *stack);
    if (stack == NULL) {
        return NULL;
    }
    *stack = (struct stack){
        .host = host,
        .params = config->tcp,
        .iss_count = config->iss_count,
        .ephemeral_first = port_range_first(config),
        .ephemeral_last = port_range_last(config),
        .lane = tape_lane_create(sim),
    };
    SIM_ASSERT(config->iss_count <= HOST_ISS_MAX);
    for (uint32_t i = 0; i < config->iss_count; i++) {
        stack->iss[i] = config->iss[i];
    }
    /* The table's key changes no outcome, so it need not come from the tape. */
    stack->demux.key[0] = sim->seed * UINT64_C(0x9e3779b97f4a7c15) + host;
    stack->demux.key[1] = sim->seed ^ (uint64_t)host << 32;
    actor_init(&stack->app);
    return stack;
}

const struct tcp_params *host_tcp_params(const struct sim *sim, host_id host)
{
    return &stack_of(net_peek(sim), host)->params;
}

static bool wake_connection(struct sim *sim, uint32_t ref, uint64_t ticket)
{
    return ref_is_request(ref) ? request_timeout(sim, ref_index(ref), ticket)
                               : conn_timeout(sim, ref_index(ref), ticket);
}

void stack_register(struct sim *sim)
{
    sim->handlers[ACTOR_CONN] = wake_connection;
    sim->handlers[ACTOR_APP] = ready_fire;
}

/* ---- choices -------------------------------------------------------------------------------- */

const uint8_t *stack_secret(struct sim *sim, struct stack *stack)
{
    if (!stack->has_secret) {
        for (int half = 0; half < 2; half++) {
            const struct tape_odds uniform = { .kind = TAPE_UNIFORM };
            uint64_t word = tape_choose(sim, stack->lane, UINT64_MAX, uniform);
            for (int i = 0; i < 8; i++) {
                stack->secret[8 * half + i] = (uint8_t)(word >> (8 * i));
            }
        }
        stack->has_secret = true;
    }
    return stack->secret;
}

uint32_t stack_next_iss(struct sim *sim, struct stack *stack, const struct tcp_tuple *tuple)
{
    if (stack->iss_used < stack->iss_count) {
        return stack->iss[stack->iss_used++];
    }
    return tcp_isn(stack_secret(sim, stack), tuple, sim->now);
}

uint16_t stack_our_mss(struct sim *sim, struct net *net, struct stack *stack,
                       const struct ip_addr *remote)
{
    if (stack->params.mss != 0) {
        return stack->params.mss;
    }
    struct attachment via = route_lookup(sim, net, stack->host, remote);
    uint32_t mtu = DEFAULT_MTU;
    if (via.link != LINK_NONE) {
        const struct link_params *link = link_get_params(sim, via.link, via.direction);
        mtu = link->mtu != 0 ? link->mtu : DEFAULT_MTU;
    }
    uint32_t headers = ip_addr_is_v4(remote) ? IPV4_TCP_HEADERS : IPV6_TCP_HEADERS;
    uint32_t mss = mtu > headers ? mtu - headers : 1;
    return (uint16_t)(mss < UINT16_MAX ? mss : UINT16_MAX);
}

/* ---- telling observers ---------------------------------------------------------------------- */

void stack_tell_arrival(struct sim *sim, struct stack *stack, conn_id conn,
                        const struct net_packet *p, enum tcp_state from, enum tcp_state to,
                        const struct tcp_out *out)
{
    if (sim_is_observed(sim)) {
        struct sim_fact fact = { .kind = FACT_ARRIVED,
                                 .host = stack->host,
                                 .conn = conn,
                                 .packet = &p->packet,
                                 .rules = out->rules,
                                 .rule_count = (uint8_t)out->rule_count,
                                 .from = from,
                                 .to = to };
        sim_tell(sim, &fact);
    }
}

void stack_tell_changes(struct sim *sim, struct stack *stack, conn_id conn,
                        const struct tcp_out *out)
{
    for (uint32_t i = 0; i < out->change_count && sim_is_observed(sim); i++) {
        const struct tcp_change *change = &out->changes[i];
        struct sim_fact fact = { .kind = FACT_STATE,
                                 .host = stack->host,
                                 .conn = conn,
                                 .rules = &change->rule,
                                 .rule_count = 1,
                                 .from = change->from,
                                 .to = change->to };
        sim_tell(sim, &fact);
    }
}

void stack_tell_timeout(struct sim *sim, struct stack *stack, conn_id conn, enum tcp_timer timer,
                        const struct tcp_out *out)
{
    if (sim_is_observed(sim)) {
        struct sim_fact fact = { .kind = FACT_TIMEOUT,
                                 .host = stack->host,
                                 .conn = conn,
                                 .text = tcp_timer_name(timer),
                                 .rules = out->rules,
                                 .rule_count = (uint8_t)out->rule_count };
        sim_tell(sim, &fact);
    }
}

void stack_tell_app(struct sim *sim, struct stack *stack, conn_id conn, struct sim_fact fact)
{
    if (sim_is_observed(sim)) {
        fact.kind = FACT_APP;
        fact.host = stack->host;
        fact.conn = conn;
        sim_tell(sim, &fact);
    }
}

/* ---- sending -------------------------------------------------------------------------------- */

static void count_sent(struct host_stats *stats, const struct tcp_out_segment *sent)
{
    const struct segment *s = &sent->segment;
    bool syn = (s->flags & TCP_SYN) != 0;
    bool ack = (s->flags & TCP_ACK) != 0;
    stats->packets_sent++;
    stats->segments_sent++;
    stats->data_segments_sent += s->payload.length > 0;
    stats->syn_sent += syn;
    stats->rst_sent += (s->flags & TCP_RST) != 0;
    if (sent->retransmission) {
        stats->segments_retransmitted++;
        stats->retransmitted_syn += syn && !ack;
        stats->retransmitted_syn_ack += syn && ack;
        stats->retransmitted_data += s->payload.length > 0;
        stats->retransmitted_fin += (s->flags & TCP_FIN) != 0;
    }
}

static struct net_packet *make_packet(struct sim *sim, struct net *net,
                                      const struct tcp_tuple *tuple, const struct segment *s)
{
    struct net_packet *p = net_packet_create(sim, net);
    if (p == NULL) {
        return NULL;
    }
    bool v4 = ip_addr_is_v4(&tuple->remote);
    p->packet.source = tuple->local;
    p->packet.destination = tuple->remote;
    p->packet.version = v4 ? 4 : 6;
    p->packet.hop_limit = DEFAULT_HOP_LIMIT;
    p->packet.protocol = IP_TCP;
    p->packet.dont_fragment = v4;
    p->packet.tcp = *s;
    p->packet.tcp.source_port = tuple->local_port;
    p->packet.tcp.destination_port = tuple->remote_port;
    return p;
}

static void tell_sent(struct sim *sim, struct stack *stack, conn_id conn, enum tcp_state state,
                      const struct tcp_out_segment *sent, const struct net_packet *p)
{
    struct sim_fact fact = { .kind = FACT_SENT,
                             .host = stack->host,
                             .conn = conn,
                             .packet = &p->packet,
                             .rules = &sent->why,
                             .rule_count = 1,
                             .from = state,
                             .to = state };
    sim_tell(sim, &fact);
}

void stack_send(struct sim *sim, struct net *net, struct stack *stack,
                const struct tcp_tuple *tuple, conn_id conn, enum tcp_state state,
                struct tcp_out *out)
{
    for (uint32_t i = 0; i < out->segment_count; i++) {
        const struct tcp_out_segment *sent = &out->segments[i];
        struct net_packet *p = make_packet(sim, net, tuple, &sent->segment);
        if (p == NULL) {
            return;
        }
        count_sent(&stack->stats, sent);
        if (sim_is_observed(sim)) {
            tell_sent(sim, stack, conn, state, sent, p);
        }
        node_send(sim, net, stack->host, p);
        if (conn != 0 && pool_get(&net->conns, conn) == NULL) {
            return; /* a packet rule's function made an end of the sender */
        }
    }
}

/* ---- receiving ------------------------------------------------------------------------------ */

static void count_received(struct host_stats *stats, const struct segment *s)
{
    stats->segments_received++;
    stats->data_segments_received += s->payload.length > 0;
    stats->syn_received += (s->flags & TCP_SYN) != 0;
    stats->rst_received += (s->flags & TCP_RST) != 0;
}

/* The listener for the tuple: one bound to the address goes before one bound to all of them. */
static struct conn *find_listener(struct net *net, struct stack *stack,
                                  const struct tcp_tuple *tuple)
{
    struct conn *wildcard = NULL;
    for (uint32_t i = stack->listeners; i != 0; i = conn_at(net, i)->listener->next) {
        struct conn *listener = conn_at(net, i);
        const struct tcp_tuple *bound = &listener->entry.tuple;
        if (bound->local_port != tuple->local_port) {
            continue;
        }
        if (ip_addr_equal(&bound->local, &tuple->local)) {
            return listener;
        }
        if (ip_addr_is_unspecified(&bound->local)) {
            wildcard = listener;
        }
    }
    return wildcard;
}

static void segment_for_nobody(struct sim *sim, struct net *net, struct stack *stack,
                               const struct tcp_tuple *tuple, const struct net_packet *p)
{
    struct tcp_out out;
    tcp_out_init(&out);
    tcp_closed_segment_arrives(&stack->params, &p->packet.tcp, &out);
    stack->stats.no_port++;
    stack_tell_arrival(sim, stack, 0, p, TCP_CLOSED, TCP_CLOSED, &out);
    stack_send(sim, net, stack, tuple, 0, TCP_CLOSED, &out);
}

static void demultiplex(struct sim *sim, struct net *net, struct stack *stack,
                        const struct net_packet *p)
{
    const struct segment *s = &p->packet.tcp;
    const struct tcp_tuple tuple = { p->packet.destination, p->packet.source, s->destination_port,
                                     s->source_port };
    uint32_t ref = demux_find(net, stack, &tuple);
    if (ref != 0 && ref_is_request(ref)) {
        request_segment_arrives(sim, net, request_at(net, ref_index(ref)), p);
        return;
    }
    if (ref != 0) {
        conn_segment_arrives(sim, net, conn_at(net, ref_index(ref)), p);
        return;
    }
    struct conn *listener = find_listener(net, stack, &tuple);
    if (listener != NULL) {
        listener_segment_arrives(sim, net, listener, &tuple, p);
    } else {
        segment_for_nobody(sim, net, stack, &tuple, p);
    }
}

static void refuse(struct sim *sim, struct stack *stack, const struct net_packet *p,
                   enum packet_fate fate)
{
    struct sim_fact fact = {
        .kind = FACT_LINK, .host = stack->host, .packet = &p->packet, .fate = fate
    };
    sim_tell(sim, &fact);
}

void stack_receive(struct sim *sim, struct net *net, host_id host, struct net_packet *p)
{
    struct stack *stack = stack_of(net, host);
    stack->stats.packets_received++;
    if (p->checksum_bad) {
        stack->stats.checksum_errors++;
        refuse(sim, stack, p, FATE_CHECKSUM_BAD);
    } else if (!node_has_address(node_at(net, host), &p->packet.destination) ||
               p->packet.protocol != IP_TCP) {
        refuse(sim, stack, p, FATE_NO_HOST);
    } else {
        count_received(&stack->stats, &p->packet.tcp);
        demultiplex(sim, net, stack, p);
    }
    net_packet_release(net, p);
}

/* ---- power failure -------------------------------------------------------------------------- */

void host_crash(struct sim *sim, host_id host)
{
    struct net *net = net_of(sim);
    struct stack *stack = stack_of(net, host);
    if (stack == NULL) {
        return; /* a switch or router remembers nothing */
    }
    while (stack->oldest != 0) {
        uint32_t ref = stack->oldest;
        if (ref_is_request(ref)) {
            demux_remove(net, stack, ref);
            pool_release(&net->requests, ref_index(ref));
        } else {
            conn_release(sim, net, conn_at(net, ref_index(ref)));
        }
    }
    while (stack->listeners != 0) {
        struct conn *listener = conn_at(net, stack->listeners);
        struct listener *freed = listener->listener;
        stack->listeners = freed->next;
        conn_release(sim, net, listener);
        arena_release(&sim->arena, freed, sizeof *freed);
    }
    for (uint32_t i = 1; i <= net->conns.used; i++) { /* CLOSED, but still in somebody's hands */
        if (pool_is_live(&net->conns, i) && conn_at(net, i)->host == host) {
            conn_release(sim, net, conn_at(net, i));
        }
    }
    stack->time_waits = 0;
}
