/* Packets of the network: their pool, and what is told about their fate. */
#include "sim/net/net.h"

struct net_packet *net_packet_create(struct sim *sim, struct net *net)
{
    uint32_t index;
    struct net_packet *p = pool_allocate(&net->packets, &index);
    if (p == NULL) {
        sim_out_of_memory(sim);
        return NULL;
    }
    p->index = index;
    p->packet.id = ++net->last_packet_id;
    return p;
}

struct net_packet *net_packet_copy(struct sim *sim, struct net *net, const struct net_packet *p)
{
    struct net_packet *copy = net_packet_create(sim, net);
    if (copy == NULL) {
        return NULL;
    }
    struct pool_slot slot = copy->slot;
    uint32_t index = copy->index;
    uint64_t id = copy->packet.id;
    *copy = *p;
    copy->slot = slot;
    copy->index = index;
    copy->next = 0;
    copy->packet.id = id;
    copy->packet.copy_of = p->packet.id;
    return copy;
}

void net_packet_release(struct net *net, struct net_packet *p)
{
    pool_release(&net->packets, p->index);
}

struct net_packet *net_packet_at(const struct net *net, uint32_t index)
{
    SIM_ASSERT(index != 0 && index <= net->packets.used);
    return pool_at(&net->packets, index);
}

/* ---- fates ---------------------------------------------------------------------------------- */

const char *packet_fate_name(enum packet_fate fate)
{
    static const char *const names[FATE_COUNT] = {
        [FATE_FORWARDED] = "forwarded",
        [FATE_LOST] = "lost",
        [FATE_QUEUE_FULL] = "queue full",
        [FATE_LINK_DOWN] = "link down",
        [FATE_HELD] = "held",
        [FATE_NO_ROUTE] = "no route",
        [FATE_HOPS_EXCEEDED] = "hops exceeded",
        [FATE_TOO_BIG] = "too big",
        [FATE_CHECKSUM_BAD] = "checksum bad",
        [FATE_NO_HOST] = "no host",
    };
    SIM_ASSERT((unsigned)fate < FATE_COUNT);
    return names[fate];
}

void net_tell_fate(struct sim *sim, struct attachment at, const struct net_packet *p,
                   enum packet_fate fate, const char *label)
{
    if (!sim_is_observed(sim)) {
        return;
    }
    bool on_link = at.link != LINK_NONE;
    struct sim_fact fact = {
        .kind = FACT_LINK,
        .host = p->node,
        .packet = &p->packet,
        .link = at.link,
        .direction = at.direction,
        .fate = fate,
        .departs_at = on_link ? p->starts_at : sim->now,
        .arrives_at = on_link ? p->arrives_at : sim->now,
        .reordered = on_link && p->reordered,
        .text = label,
    };
    sim_tell(sim, &fact);
}
