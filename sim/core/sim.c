/* The world's life and its run loop. */
#include "tcpsim/sim.h"

#include "sim/base/memory.h"
#include "sim/core/calls.h"
#include "sim/core/tape.h"
#include "sim/core/world.h"

static size_t default_memory_limit(void)
{
    return sizeof(size_t) > 4 ? (size_t)((uint64_t)4 << 30) : (size_t)1 << 30;
}

struct sim *sim_create(const struct sim_config *config)
{
    static const struct sim_config defaults;
    if (config == NULL) {
        config = &defaults;
    }
    struct sim *sim = memory_zeroed(sizeof *sim);
    if (sim == NULL) {
        return NULL;
    }
    size_t limit = config->memory_limit_bytes;
    arena_init(&sim->arena, limit != 0 ? limit : default_memory_limit());
    event_queue_init(&sim->queue, &sim->arena);
    stream_table_init(&sim->streams, &sim->arena);
    sim->seed = config->seed;
    sim->wire = config->wire;
    sim->next_ticket = 1;
    tape_init(sim, config);
    calls_init(sim);
    return sim;
}

void sim_destroy(struct sim *sim)
{
    if (sim != NULL) {
        arena_destroy(&sim->arena);
        memory_free(sim);
    }
}

sim_time_t sim_now(const struct sim *sim)
{
    return sim->now;
}

uint64_t sim_event_count(const struct sim *sim)
{
    return sim->event_count;
}

uint64_t sim_seed(const struct sim *sim)
{
    return sim->seed;
}

void sim_stop(struct sim *sim, enum sim_status status)
{
    sim->stopping = true;
    sim->stop_status = status;
}

void sim_out_of_memory(struct sim *sim)
{
    sim->out_of_memory = true;
}

/* Keep what a failing assertion would print up to date. */
static void note_event(struct sim *sim)
{
    sim->panic.event = sim->event_count;
    sim->panic.now = sim->now;
    sim->panic.tape_position = sim->tape.position;
}

static void handle(struct sim *sim, struct event event)
{
    SIM_ASSERT(event.time >= sim->now);
    sim_time_t before = sim->now;
    sim->now = event.time;
    note_event(sim);
    if (sim->handlers[event.kind](sim, event.index, event.ticket)) {
        sim->event_count++;
    } else {
        sim->now = before;
    }
}

/* Whether the loop is to end before the next event, and why. */
static bool must_end(struct sim *sim, const struct sim_limits *limits, uint64_t first_event,
                     enum sim_status *status)
{
    if (sim->out_of_memory) {
        *status = SIM_NO_MEMORY;
        return true;
    }
    if (sim->tape.divergence != SIZE_MAX) {
        *status = SIM_DIVERGED;
        return true;
    }
    if (sim->stopping) {
        *status = sim->stop_status;
        return true;
    }
    if (limits->max_events != 0 && sim->event_count - first_event >= limits->max_events) {
        *status = SIM_LIMIT;
        return true;
    }
    return false;
}

static enum sim_status loop(struct sim *sim, const struct sim_limits *limits)
{
    uint64_t first_event = sim->event_count;
    enum sim_status status = SIM_OK;
    while (!must_end(sim, limits, first_event, &status)) {
        const struct event *next = event_queue_peek(&sim->queue);
        if (next == NULL || next->time > SIM_HORIZON) {
            break;
        }
        if (limits->until != 0 && next->time > limits->until) {
            sim->now = limits->until;
            break;
        }
        handle(sim, event_queue_pop(&sim->queue));
    }
    return status;
}

enum sim_status sim_run(struct sim *sim, const struct sim_limits *limits)
{
    static const struct sim_limits none;
    sim->stopping = false;
    sim->panic.seed = sim->seed;
    const struct panic_context *before = panic_enter(&sim->panic);
    enum sim_status status = loop(sim, limits != NULL ? limits : &none);
    panic_enter(before);
    return status;
}
