/* Actors: at most one pending event each. */
#include "sim/core/world.h"

void actor_init(struct actor *actor)
{
    actor->due = SIM_NEVER;
    actor->ticket = 0;
}

void actor_arm(struct sim *sim, struct actor *actor, enum actor_kind kind, uint32_t index,
               sim_time_t when)
{
    if (when == SIM_NEVER || actor->due <= when) {
        return;
    }
    SIM_ASSERT(when >= sim->now);
    struct event event = { when, sim->next_ticket++, kind, index };
    if (!event_queue_push(&sim->queue, event)) {
        sim_out_of_memory(sim);
        return;
    }
    actor->due = when;
    actor->ticket = event.ticket;
}

bool actor_claim(struct actor *actor, uint64_t ticket)
{
    if (actor->ticket != ticket) {
        return false;
    }
    actor_init(actor);
    return true;
}
