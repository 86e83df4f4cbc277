/* The network of a world: made when the world first needs one. */
#include "sim/net/net.h"

#include "sim/net/conn.h"
#include "sim/net/match.h"
#include "sim/net/stack.h"

#include <string.h>

static void make_net(struct sim *sim)
{
    struct net *net = arena_allocate(&sim->arena, sizeof *net);
    if (net == NULL) {
        sim_out_of_memory(sim);
        return;
    }
    memset(net, 0, sizeof *net);
    pool_init(&net->packets, &sim->arena, sizeof(struct net_packet));
    pool_init(&net->matches, &sim->arena, sizeof(struct match));
    pool_init(&net->conns, &sim->arena, sizeof(struct conn));
    pool_init(&net->requests, &sim->arena, sizeof(struct request));
    sim->net = net;
    link_register(sim);
    stack_register(sim);
}

struct net *net_of(struct sim *sim)
{
    if (sim->net == NULL) {
        make_net(sim);
    }
    return sim->net;
}

const struct net *net_peek(const struct sim *sim)
{
    return sim->net;
}
