#include "sim/core/calls.h"

#include "sim/base/common.h"
#include "sim/core/world.h"

struct call {
    struct pool_slot slot;
    struct actor actor;
    sim_call_fn *fn;
    void *context;
    uint64_t argument;
};

sim_call_id sim_call_at(struct sim *sim, sim_time_t when, sim_call_fn *fn, void *context,
                        uint64_t argument)
{
    SIM_ASSERT(fn != NULL && when != SIM_NEVER);
    uint32_t index;
    struct call *call = pool_allocate(&sim->calls, &index);
    if (call == NULL) {
        return 0;
    }
    actor_init(&call->actor);
    call->fn = fn;
    call->context = context;
    call->argument = argument;
    actor_arm(sim, &call->actor, ACTOR_CALL, index, max_i64(when, sim->now));
    return pool_handle(&call->slot, index);
}

void sim_call_cancel(struct sim *sim, sim_call_id id)
{
    if (pool_get(&sim->calls, id) != NULL) {
        pool_release(&sim->calls, pool_handle_index(id));
    }
}

static bool make_call(struct sim *sim, uint32_t index, uint64_t ticket)
{
    struct call *call = pool_at(&sim->calls, index);
    if (!pool_is_live(&sim->calls, index) || !actor_claim(&call->actor, ticket)) {
        return false;
    }
    struct call copy = *call;
    pool_release(&sim->calls, index);
    copy.fn(sim, copy.context, copy.argument);
    return true;
}

void calls_init(struct sim *sim)
{
    pool_init(&sim->calls, &sim->arena, sizeof(struct call));
    sim->handlers[ACTOR_CALL] = make_call;
}
