/* The observer bus: facts go out, nothing comes back. */
#include "sim/core/world.h"

enum sim_status sim_observe(struct sim *sim, sim_observer_fn *fn, void *context)
{
    if (sim->observer_count == SIM_OBSERVERS_MAX) {
        return SIM_LIMIT;
    }
    sim->observers[sim->observer_count++] = (struct sim_observer){ fn, context };
    return SIM_OK;
}

void sim_tell(struct sim *sim, struct sim_fact *fact)
{
    fact->time = sim->now;
    uint64_t position = sim->tape.position;
    for (uint32_t i = 0; i < sim->observer_count; i++) {
        sim->observers[i].fn(sim->observers[i].context, sim, fact);
    }
    SIM_ASSERT(sim->tape.position == position); /* observers must not draw */
}

void sim_note(struct sim *sim, host_id host, const char *text)
{
    struct sim_fact fact = { .kind = FACT_NOTE, .host = host, .text = text };
    sim_tell(sim, &fact);
}

void sim_verdict(struct sim *sim, bool passed, const char *text, const char *detail,
                 const char *file, int line)
{
    struct sim_fact fact = { .kind = FACT_VERDICT,
                             .passed = passed,
                             .text = text,
                             .detail = detail,
                             .file = file,
                             .line = line };
    sim_tell(sim, &fact);
}
