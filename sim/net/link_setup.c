/* Links as the scenario sees them: made, changed and asked about. */
#include "sim/net/link.h"

#include "sim/net/impair.h"

#include <string.h>

enum { PPM_MAX = 1000000, MTU_DEFAULT = 1500, MTU_MIN = 68, MTU_MAX = 65535 };

/* ---- parameters ----------------------------------------------------------------------------- */

static bool are_valid_parts(const struct link_params *params)
{
    return params->loss_ppm <= PPM_MAX && params->burst.to_bad_ppm <= PPM_MAX &&
           params->burst.to_good_ppm <= PPM_MAX && params->burst.bad_loss_ppm <= PPM_MAX &&
           params->burst.good_loss_ppm <= PPM_MAX && params->duplicate_ppm <= PPM_MAX &&
           params->reorder_ppm <= PPM_MAX && params->corrupt_ppm <= PPM_MAX;
}

/* RFC 791 3.2: every module must be able to forward 68 octets; total length has 16 bits. */
static bool is_valid_mtu(uint32_t mtu)
{
    return mtu == 0 || (mtu >= MTU_MIN && mtu <= MTU_MAX);
}

static bool are_valid_params(const struct link_params *params)
{
    return are_valid_parts(params) && is_valid_mtu(params->mtu) && params->delay >= 0 &&
           params->jitter >= 0 && params->duplicate_delay >= 0 && params->reorder_delay >= 0;
}

static void set_params(struct link_direction *dir, const struct link_params *params)
{
    dir->params = *params;
    if (dir->params.mtu == 0) {
        dir->params.mtu = MTU_DEFAULT;
    }
    dir->impaired = impair_is_on(params);
}

/* ---- creating ------------------------------------------------------------------------------- */

static bool reserve_attachment(struct sim *sim, struct node *node)
{
    if (node->attachment_count < node->attachment_capacity) {
        return true;
    }
    uint32_t capacity = node->attachment_capacity == 0 ? 2 : 2 * node->attachment_capacity;
    struct attachment *bigger = arena_grow(&sim->arena, node->attachments,
                                           node->attachment_capacity * sizeof(struct attachment),
                                           capacity * sizeof(struct attachment));
    if (bigger == NULL) {
        return false;
    }
    node->attachments = bigger;
    node->attachment_capacity = capacity;
    return true;
}

static bool reserve_link(struct sim *sim, struct net *net)
{
    if (net->link_count + 1 < net->link_capacity) {
        return true;
    }
    uint32_t capacity = net->link_capacity == 0 ? 16 : 2 * net->link_capacity;
    struct link **bigger =
        arena_grow(&sim->arena, net->links, net->link_capacity * sizeof(struct link *),
                   capacity * sizeof(struct link *));
    if (bigger == NULL) {
        return false;
    }
    net->links = bigger;
    net->link_capacity = capacity;
    return true;
}

static void init_direction(struct sim *sim, struct link_direction *dir, host_id from, host_id to,
                           const struct link_params *params)
{
    static const struct link_params perfect;
    set_params(dir, params != NULL ? params : &perfect);
    dir->from = from;
    dir->to = to;
    dir->first_lane = tape_lane_create(sim);
    for (uint32_t i = 1; i < LINK_LANE_COUNT && !sim->out_of_memory; i++) {
        tape_lane lane = tape_lane_create(sim);
        SIM_ASSERT(sim->out_of_memory || lane == dir->first_lane + i);
    }
    flight_init(&dir->flight, &sim->arena);
    actor_init(&dir->actor);
}

static void attach(struct net *net, host_id node, link_id link, uint8_t direction)
{
    struct node *n = node_at(net, node);
    n->attachments[n->attachment_count++] = (struct attachment){ link, direction };
}

/* The rest of link_create(), once its arguments are known to be good. */
static bool make_link(struct sim *sim, struct net *net, host_id a, host_id b,
                      const struct link_params *forward, const struct link_params *backward)
{
    struct link *link = arena_allocate(&sim->arena, sizeof *link);
    if (link == NULL || !reserve_link(sim, net) || !reserve_attachment(sim, node_at(net, a)) ||
        !reserve_attachment(sim, node_at(net, b))) {
        return false;
    }
    memset(link, 0, sizeof *link);
    link->up = true;
    init_direction(sim, &link->directions[0], a, b, forward);
    init_direction(sim, &link->directions[1], b, a, backward);
    if (sim->out_of_memory) {
        return false;
    }
    link->id = ++net->link_count;
    net->links[link->id] = link;
    attach(net, a, link->id, 0);
    attach(net, b, link->id, 1);
    net->topology++;
    return true;
}

enum sim_status link_create(struct sim *sim, host_id a, host_id b,
                            const struct link_params *forward, const struct link_params *backward,
                            link_id *link)
{
    *link = LINK_NONE;
    struct net *net = net_of(sim);
    if (net == NULL) {
        return SIM_NO_MEMORY;
    }
    bool ends_exist =
        a != HOST_NONE && a <= net->node_count && b != HOST_NONE && b <= net->node_count;
    if (!ends_exist || a == b || (forward != NULL && !are_valid_params(forward)) ||
        (backward != NULL && !are_valid_params(backward))) {
        return SIM_INVALID;
    }
    if (!make_link(sim, net, a, b, forward, backward)) {
        sim_out_of_memory(sim);
        return SIM_NO_MEMORY;
    }
    *link = net->link_count;
    return SIM_OK;
}

/* ---- changing and asking -------------------------------------------------------------------- */

struct link *link_at(const struct net *net, link_id id)
{
    SIM_ASSERT(net != NULL && id != LINK_NONE && id <= net->link_count);
    return net->links[id];
}

static struct link_direction *direction_at(const struct sim *sim, link_id link, uint8_t direction)
{
    SIM_ASSERT(direction < 2);
    return &link_at(net_peek(sim), link)->directions[direction];
}

enum sim_status link_set_params(struct sim *sim, link_id link, uint8_t direction,
                                const struct link_params *params)
{
    const struct net *net = net_peek(sim);
    bool exists = net != NULL && link != LINK_NONE && link <= net->link_count && direction < 2;
    if (!exists || !are_valid_params(params)) {
        return SIM_INVALID;
    }
    set_params(direction_at(sim, link, direction), params);
    return SIM_OK;
}

void link_set_up(struct sim *sim, link_id link, bool up)
{
    link_at(net_peek(sim), link)->up = up;
}

uint32_t link_count(const struct sim *sim)
{
    const struct net *net = net_peek(sim);
    return net == NULL ? 0 : net->link_count;
}

void link_ends(const struct sim *sim, link_id link, host_id *a, host_id *b)
{
    const struct link_direction *forward = direction_at(sim, link, 0);
    *a = forward->from;
    *b = forward->to;
}

const struct link_params *link_get_params(const struct sim *sim, link_id link, uint8_t direction)
{
    return &direction_at(sim, link, direction)->params;
}

struct link_stats link_get_stats(const struct sim *sim, link_id link, uint8_t direction)
{
    return direction_at(sim, link, direction)->stats;
}
