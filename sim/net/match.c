#include "sim/net/match.h"

#include <string.h>

/* ---- conditions ----------------------------------------------------------------------------- */

struct packet_match packet_match_any(void)
{
    return (struct packet_match){ .length_max = UINT32_MAX };
}

static bool flags_fit(const struct packet_match *m, uint16_t flags)
{
    return (flags & m->flags_set) == m->flags_set && (flags & m->flags_clear) == 0;
}

static bool segment_fits(const struct packet_match *m, const struct segment *s)
{
    return flags_fit(m, s->flags) && (!m->has_seq || s->seq == m->seq) &&
           (!m->has_ack || s->ack == m->ack) && s->payload.length >= m->length_min &&
           s->payload.length <= m->length_max &&
           (m->source_port == 0 || s->source_port == m->source_port) &&
           (m->destination_port == 0 || s->destination_port == m->destination_port) &&
           (m->stream == 0 || (s->payload.length > 0 && s->payload.stream == m->stream));
}

static bool prefix_fits(const struct ip_prefix *prefix, const struct ip_addr *addr)
{
    return prefix->length == 0 || ip_prefix_contains(prefix, addr);
}

static bool conditions_hold(const struct packet_match *m, const struct net_packet *p,
                            sim_time_t now)
{
    return (m->from == HOST_NONE || m->from == p->node) &&
           (m->include_copies || p->packet.copy_of == 0) && m->after <= now &&
           (m->before == 0 || now < m->before) && segment_fits(m, &p->packet.tcp) &&
           prefix_fits(&m->source, &p->packet.source) &&
           prefix_fits(&m->destination, &p->packet.destination);
}

/* Count the packet, and say whether it is one of those that nth, every and limit are about. */
static bool turn_comes(struct match *rule)
{
    const struct packet_match *m = &rule->conditions;
    rule->fits++;
    return (m->nth == 0 || rule->fits == m->nth) && (m->every == 0 || rule->fits % m->every == 0) &&
           (m->limit == 0 || rule->hits < m->limit);
}

/* ---- deciding ------------------------------------------------------------------------------- */

static struct match *rule_at(const struct net *net, match_id id)
{
    SIM_ASSERT(net != NULL && id != 0 && id <= net->matches.used);
    return pool_at(&net->matches, id);
}

static bool is_valid_action(const struct packet_action *action)
{
    return (unsigned)action->kind <= ACTION_CALL && action->arrive_at >= 0 && action->by >= 0 &&
           (action->kind != ACTION_CALL || action->call != NULL);
}

/* Fill in *action; false when the application lets the packet pass. While it runs, its own rule is
 * not asked: the application may send packets that fit. */
static bool resolve_action(struct sim *sim, struct match *rule, const struct net_packet *p,
                           struct packet_action *action)
{
    if (rule->action.kind != ACTION_CALL) {
        *action = rule->action;
        return true;
    }
    *action = (struct packet_action){ .kind = ACTION_DROP };
    rule->calling = true;
    bool acts = rule->action.call(sim, rule->action.context, &p->packet, action);
    rule->calling = false;
    SIM_ASSERT(!acts || (action->kind != ACTION_CALL && is_valid_action(action)));
    return acts;
}

bool match_decide(struct sim *sim, struct net *net, const struct link *link,
                  const struct net_packet *p, struct ruling *ruling)
{
    /* A call may add and remove rules. Rules created meanwhile are not asked about this packet. A
     * removed one still leads to those that came after it, so the walk goes on. */
    match_id newest = net->matches.used;
    match_id next;
    for (match_id id = link->first_rule; id != 0 && id <= newest; id = next) {
        struct match *rule = rule_at(net, id);
        if (!rule->removed && !rule->calling && conditions_hold(&rule->conditions, p, sim->now) &&
            turn_comes(rule) && resolve_action(sim, rule, p, &ruling->action)) {
            rule->hits++;
            ruling->rule = rule;
            return true;
        }
        next = rule->next;
    }
    return false;
}

/* ---- holding -------------------------------------------------------------------------------- */

void match_hold(struct net *net, struct match *rule, struct net_packet *p)
{
    p->held_by = rule->id;
    p->next = 0;
    if (rule->held_last == 0) {
        rule->held_first = p->index;
    } else {
        net_packet_at(net, rule->held_last)->next = p->index;
    }
    rule->held_last = p->index;
}

uint32_t link_release(struct sim *sim, match_id id)
{
    struct net *net = net_of(sim);
    struct match *rule = rule_at(net, id);
    uint32_t released = 0;
    while (rule->held_first != 0) {
        struct net_packet *p = net_packet_at(net, rule->held_first);
        SIM_ASSERT(p->held_by == id);
        rule->held_first = p->next;
        if (rule->held_first == 0) {
            rule->held_last = 0;
        }
        p->next = 0;
        p->held_by = 0;
        struct attachment via = { rule->link, p->direction };
        link_let_go(sim, net, via, p, rule->label);
        released++;
    }
    return released;
}

/* ---- adding and removing -------------------------------------------------------------------- */

static bool is_valid_prefix(const struct ip_prefix *prefix)
{
    return prefix->length <= (ip_addr_is_v4(&prefix->addr) ? 32 : 128);
}

static bool is_valid_match(const struct link *link, const struct packet_match *m)
{
    bool is_end = m->from == link->directions[0].from || m->from == link->directions[1].from;
    return (m->from == HOST_NONE || is_end) && m->after >= 0 && m->before >= 0 &&
           is_valid_prefix(&m->source) && is_valid_prefix(&m->destination);
}

/* A copy of the label in the arena; false when there is no memory. */
static bool copy_label(struct sim *sim, const char *label, const char **copy)
{
    *copy = NULL;
    if (label == NULL) {
        return true;
    }
    size_t size = strlen(label) + 1;
    char *text = arena_allocate(&sim->arena, size);
    if (text == NULL) {
        return false;
    }
    memcpy(text, label, size);
    *copy = text;
    return true;
}

static void append_rule(const struct net *net, struct link *link, match_id id)
{
    if (link->last_rule == 0) {
        link->first_rule = id;
    } else {
        rule_at(net, link->last_rule)->next = id;
    }
    link->last_rule = id;
}

enum sim_status link_add_rule(struct sim *sim, link_id link, const struct packet_match *match,
                              const struct packet_action *action, const char *label, match_id *rule)
{
    *rule = 0;
    struct net *net = net_of(sim);
    if (net == NULL) {
        return SIM_NO_MEMORY;
    }
    if (link == LINK_NONE || link > net->link_count || !is_valid_match(link_at(net, link), match) ||
        !is_valid_action(action)) {
        return SIM_INVALID;
    }
    const char *text;
    uint32_t id;
    struct match *made = copy_label(sim, label, &text) ? pool_allocate(&net->matches, &id) : NULL;
    if (made == NULL) {
        sim_out_of_memory(sim);
        return SIM_NO_MEMORY;
    }
    made->id = id;
    made->link = link;
    made->label = text;
    made->conditions = *match;
    made->action = *action;
    append_rule(net, link_at(net, link), id);
    *rule = id;
    return SIM_OK;
}

uint64_t link_rule_hits(const struct sim *sim, match_id rule)
{
    return rule_at(net_peek(sim), rule)->hits;
}

/* Take the rule out of its link's list. Its own `next` stays, for a walk that stands on it. */
static void unlink_rule(const struct net *net, struct link *link, const struct match *rule)
{
    match_id before = 0;
    for (match_id id = link->first_rule; id != rule->id; id = rule_at(net, id)->next) {
        before = id;
    }
    if (before == 0) {
        link->first_rule = rule->next;
    } else {
        rule_at(net, before)->next = rule->next;
    }
    if (link->last_rule == rule->id) {
        link->last_rule = before;
    }
}

void link_remove_rule(struct sim *sim, match_id id)
{
    const struct net *net = net_peek(sim);
    struct match *rule = rule_at(net, id);
    if (!rule->removed) {
        rule->removed = true;
        unlink_rule(net, link_at(net, rule->link), rule);
    }
}
