/* A packet's way through one direction of a link.
 *
 *     enters -> link down? -> scripted rules -> larger than the MTU? -> queue full?
 *            -> transmitted, one after another -> impairments -> in flight -> arrives
 *
 * Everything is decided when the packet enters, and observers are told then; the one event of the
 * direction is its earliest arrival. A copy is made at the far end of all this: it passes neither
 * rules, queue nor impairments of this link again. */
#include "sim/net/link.h"

#include "sim/base/common.h"
#include "sim/net/corrupt.h"
#include "sim/net/impair.h"
#include "sim/net/match.h"
#include "sim/net/wire_check.h"

/* What a packet brings along on its way. */
struct passage {
    struct attachment via;
    struct link_direction *dir;
    const struct packet_action *action; /* of the rule that acts, or NULL */
    const char *label;                  /* its label, or NULL */
};

/* ---- arithmetic ----------------------------------------------------------------------------- */

/* Times of a run stop short of SIM_NEVER: an arrival after centuries is still an arrival. */
static sim_time_t time_add(sim_time_t a, sim_time_t b)
{
    return b > SIM_NEVER - 1 - a ? SIM_NEVER - 1 : a + b;
}

/* Rounded up to whole nanoseconds: a bit is there when it is there entirely. */
static sim_time_t serialization_time(uint64_t rate_bps, uint32_t size_bytes)
{
    if (rate_bps == 0) {
        return 0;
    }
    uint64_t bit_nanoseconds = 8 * (uint64_t)size_bytes * (uint64_t)SIM_SECOND;
    return (sim_time_t)(bit_nanoseconds / rate_bps + (bit_nanoseconds % rate_bps != 0));
}

/* When the packet would leave and arrive if nothing happened to it. */
static void plan_usual_times(const struct link_direction *dir, struct net_packet *p, sim_time_t now)
{
    p->starts_at = max_i64(now, dir->busy_until);
    sim_time_t sent_at =
        time_add(p->starts_at, serialization_time(dir->params.rate_bps, p->size_bytes));
    p->arrives_at = time_add(sent_at, dir->params.delay);
    p->reordered = false;
}

static void check_conservation(const struct link_direction *dir)
{
    const struct link_stats *s = &dir->stats;
    SIM_ASSERT(s->entered + s->copied == s->delivered + s->dropped + s->in_flight + s->held);
}

/* ---- queue and transmitter ------------------------------------------------------------------ */

/* Drop-tail: whether the packet may wait for its turn. One that need not wait always may. */
static bool has_room(const struct link_direction *dir, uint32_t size_bytes)
{
    const struct link_params *params = &dir->params;
    const struct waiting *w = &dir->waiting;
    return (params->queue_packets == 0 || w->count < params->queue_packets) &&
           (params->queue_bytes == 0 ||
            (size_bytes <= params->queue_bytes && w->bytes <= params->queue_bytes - size_bytes));
}

/* Queue up for transmission at starts_at; false when the packet is to be dropped. */
static bool queue_packet(struct sim *sim, struct link_direction *dir, const struct net_packet *p)
{
    waiting_settle(&dir->waiting, sim->now);
    if (p->starts_at == sim->now) {
        return true;
    }
    if (!has_room(dir, p->size_bytes)) {
        return false;
    }
    if (!waiting_add(&dir->waiting, &sim->arena, p->starts_at, p->size_bytes)) {
        sim_out_of_memory(sim);
        return false;
    }
    struct link_stats *stats = &dir->stats;
    stats->queue_bytes_max =
        stats->queue_bytes_max > dir->waiting.bytes ? stats->queue_bytes_max : dir->waiting.bytes;
    stats->queue_packets_max = stats->queue_packets_max > dir->waiting.count
                                   ? stats->queue_packets_max
                                   : dir->waiting.count;
    return true;
}

/* ---- flight --------------------------------------------------------------------------------- */

static uint32_t actor_index(struct attachment via)
{
    return 2 * via.link + via.direction;
}

/* Let the packet fly; false, and counted as dropped, when there is no memory. */
static bool launch(struct sim *sim, struct net *net, const struct passage *way,
                   struct net_packet *p, bool is_late)
{
    struct link_direction *dir = way->dir;
    if (!flight_add(net, &dir->flight, p, is_late)) {
        sim_out_of_memory(sim);
        dir->stats.dropped++;
        return false;
    }
    dir->stats.in_flight++;
    actor_arm(sim, &dir->actor, ACTOR_LINK, actor_index(way->via), p->arrives_at);
    return true;
}

/* An event of a direction: exactly one packet arrives, so that links take turns. */
static bool link_arrive(struct sim *sim, uint32_t index, uint64_t ticket)
{
    struct net *net = net_of(sim);
    struct link_direction *dir = &link_at(net, index / 2)->directions[index % 2];
    if (!actor_claim(&dir->actor, ticket)) {
        return false;
    }
    struct net_packet *p = flight_take(net, &dir->flight);
    SIM_ASSERT(p->arrives_at == sim->now);
    const struct net_packet *next = flight_first(net, &dir->flight);
    if (next != NULL) {
        actor_arm(sim, &dir->actor, ACTOR_LINK, index, next->arrives_at);
    }
    dir->stats.in_flight--;
    dir->stats.delivered++;
    dir->stats.bytes_delivered += p->size_bytes;
    check_conservation(dir);
    node_receive(sim, net, dir->to, p);
    return true;
}

void link_register(struct sim *sim)
{
    sim->handlers[ACTOR_LINK] = link_arrive;
}

/* ---- copies --------------------------------------------------------------------------------- */

static void make_copy(struct sim *sim, struct net *net, const struct passage *way,
                      const struct net_packet *p, sim_time_t arrives_at, const char *label)
{
    struct net_packet *copy = net_packet_copy(sim, net, p);
    if (copy == NULL) {
        return;
    }
    way->dir->stats.copied++;
    copy->reordered = arrives_at > p->arrives_at;
    copy->arrives_at = arrives_at;
    if (launch(sim, net, way, copy, true)) {
        net_tell_fate(sim, way->via, copy, FATE_FORWARDED, label);
    } else {
        net_tell_fate(sim, way->via, copy, FATE_LOST, label);
        net_packet_release(net, copy);
    }
}

/* A scripted copy waits in no queue, but it is no faster than the wire. */
static sim_time_t first_copy_arrival(const struct link_direction *dir,
                                     const struct packet_action *action, const struct net_packet *p,
                                     sim_time_t now)
{
    if (action->arrive_at == 0) {
        return time_add(p->arrives_at, action->by);
    }
    sim_time_t earliest = time_add(
        time_add(now, serialization_time(dir->params.rate_bps, p->size_bytes)), dir->params.delay);
    return max_i64(action->arrive_at, earliest);
}

static void make_scripted_copies(struct sim *sim, struct net *net, const struct passage *way,
                                 const struct net_packet *p)
{
    const struct packet_action *action = way->action;
    if (action == NULL || action->kind != ACTION_COPY) {
        return;
    }
    sim_time_t at = first_copy_arrival(way->dir, action, p, sim->now);
    uint32_t copies = max_u32(action->copies, 1);
    for (uint32_t i = 0; i < copies && !sim->out_of_memory; i++) {
        make_copy(sim, net, way, p, at, way->label);
        at = time_add(at, action->by);
    }
}

/* ---- the way -------------------------------------------------------------------------------- */

/* The packet ends here. Copies that a rule asked for live whatever became of their original, unless
 * they fit on the wire no better than it. */
static void drop(struct sim *sim, struct net *net, const struct passage *way, struct net_packet *p,
                 enum packet_fate fate)
{
    way->dir->stats.dropped++;
    net_tell_fate(sim, way->via, p, fate, way->label);
    if (fate != FATE_TOO_BIG) {
        make_scripted_copies(sim, net, way, p);
    }
    net_packet_release(net, p);
}

/* The usual time of arrival and what jitter, reordering and a rule add to it. */
static void delay_arrival(struct link_direction *dir, const struct impairment *impairment,
                          const struct packet_action *action, struct net_packet *p)
{
    p->arrives_at = time_add(p->arrives_at, impairment->jitter);
    if (dir->params.jitter_keeps_order) {
        p->arrives_at = max_i64(p->arrives_at, dir->latest_arrival);
        dir->latest_arrival = p->arrives_at;
    }
    sim_time_t usual = p->arrives_at;
    if (impairment->reordered) {
        p->arrives_at = time_add(p->arrives_at, dir->params.reorder_delay);
    }
    if (action != NULL && action->kind == ACTION_DELAY) {
        p->arrives_at = action->arrive_at != 0 ? max_i64(p->arrives_at, action->arrive_at)
                                               : time_add(p->arrives_at, action->by);
    }
    p->reordered = p->arrives_at > usual;
}

static void corrupt_packet(struct sim *sim, const struct passage *way,
                           const struct impairment *impairment, struct net_packet *p)
{
    uint64_t flips = impairment->flips;
    if (flips != 0) {
        corrupt_flip_bit(sim, p, (uint32_t)(flips - 1));
    }
    if (way->action == NULL || way->action->kind != ACTION_CORRUPT) {
        return;
    }
    if (way->action->bit != UINT32_MAX) {
        corrupt_flip_bit(sim, p, way->action->bit);
        return;
    }
    flips = impair_choose_bit(sim, way->dir, p->size_bytes);
    if (flips != 0) {
        corrupt_flip_bit(sim, p, (uint32_t)(flips - 1));
    }
}

/* The transmitter has taken the packet: its time on the wire is spent, whatever happens there. */
static void cross_wire(struct sim *sim, struct net *net, const struct passage *way,
                       struct net_packet *p)
{
    struct link_direction *dir = way->dir;
    struct impairment impairment = { .lost = false };
    if (dir->impaired) {
        impairment = impair_choose(sim, dir, p->size_bytes);
    }
    if (impairment.lost) {
        drop(sim, net, way, p, FATE_LOST);
        return;
    }
    delay_arrival(dir, &impairment, way->action, p);
    corrupt_packet(sim, way, &impairment, p);
    if (!launch(sim, net, way, p, p->reordered)) {
        net_tell_fate(sim, way->via, p, FATE_LOST, way->label);
        net_packet_release(net, p);
        return;
    }
    net_tell_fate(sim, way->via, p, FATE_FORWARDED, way->label);
    make_scripted_copies(sim, net, way, p);
    if (impairment.duplicated) {
        make_copy(sim, net, way, p, time_add(p->arrives_at, impairment.duplicate_delay), NULL);
    }
}

/* From the rules on. */
static void carry(struct sim *sim, struct net *net, const struct passage *way, struct net_packet *p)
{
    struct link_direction *dir = way->dir;
    if (p->size_bytes > dir->params.mtu) {
        drop(sim, net, way, p, FATE_TOO_BIG);
        return;
    }
    if (sim->wire) {
        wire_check_packet(sim, p);
    }
    if (!queue_packet(sim, dir, p)) {
        drop(sim, net, way, p, FATE_QUEUE_FULL);
        return;
    }
    dir->busy_until =
        time_add(p->starts_at, serialization_time(dir->params.rate_bps, p->size_bytes));
    cross_wire(sim, net, way, p);
}

static void hold(struct sim *sim, struct net *net, const struct passage *way, struct match *rule,
                 struct net_packet *p)
{
    way->dir->stats.held++;
    p->arrives_at = SIM_NEVER;
    match_hold(net, rule, p);
    net_tell_fate(sim, way->via, p, FATE_HELD, way->label);
}

/* A rule acts. */
static void obey(struct sim *sim, struct net *net, struct passage *way, struct ruling *ruling,
                 struct net_packet *p)
{
    way->label = ruling->rule->label;
    switch (ruling->action.kind) {
    case ACTION_DROP:
        drop(sim, net, way, p, FATE_LOST);
        break;
    case ACTION_HOLD:
        hold(sim, net, way, ruling->rule, p);
        break;
    case ACTION_COPY:
    case ACTION_DELAY:
    case ACTION_CORRUPT:
        way->action = &ruling->action;
        carry(sim, net, way, p);
        break;
    case ACTION_CALL:
        SIM_ASSERT(false);
    }
}

void link_enter(struct sim *sim, struct net *net, struct attachment via, struct net_packet *p)
{
    struct link *link = link_at(net, via.link);
    struct passage way = { .via = via, .dir = &link->directions[via.direction] };
    p->direction = via.direction;
    /* Rules come first, nothing is counted or planned before: a call may send packets into this
     * very direction, and those are then ahead of this one. */
    bool up = link->up;
    struct ruling ruling;
    bool ruled = up && match_decide(sim, net, link, p, &ruling);
    way.dir->stats.entered++;
    way.dir->stats.bytes_entered += p->size_bytes;
    plan_usual_times(way.dir, p, sim->now);
    if (!up) {
        drop(sim, net, &way, p, FATE_LINK_DOWN);
    } else if (ruled) {
        obey(sim, net, &way, &ruling, p);
    } else {
        carry(sim, net, &way, p);
    }
    check_conservation(way.dir);
}

void link_let_go(struct sim *sim, struct net *net, struct attachment via, struct net_packet *p,
                 const char *label)
{
    struct link *link = link_at(net, via.link);
    struct passage way = { .via = via, .dir = &link->directions[via.direction], .label = label };
    way.dir->stats.held--;
    plan_usual_times(way.dir, p, sim->now);
    if (!link->up) {
        drop(sim, net, &way, p, FATE_LINK_DOWN);
    } else {
        carry(sim, net, &way, p);
    }
    check_conservation(way.dir);
}
