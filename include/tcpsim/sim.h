/* The world: virtual clock, event queue, tape, observers and the run loop.
 *
 * Every function takes the world as its first argument; there is no hidden state, and two worlds
 * live side by side in one process. */
#ifndef TCPSIM_SIM_H
#define TCPSIM_SIM_H

#include "tcpsim/status.h"
#include "tcpsim/tape.h"
#include "tcpsim/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;
struct sim_fact; /* tcpsim/facts.h */

struct sim_config {
    uint64_t seed;
    size_t memory_limit_bytes; /* 0 = 4 GiB (1 GiB where size_t has 32 bits) */
    bool record_tape;          /* keep every choice for tape_recorded() */
    enum tape_mode tape_mode;
    const struct tape_entry *feed; /* TAPE_REPLAY: read during the run, owned by the caller */
    size_t feed_count;
    bool wire; /* send every packet through encode and decode; asserts that nothing changes */
};

/* A new world at time 0, or NULL when there is no memory. `config` may be NULL: all zeros. */
struct sim *sim_create(const struct sim_config *config);
void sim_destroy(struct sim *sim);

/* Current virtual time. */
sim_time_t sim_now(const struct sim *sim);

/* Events handled so far. An event that turned out to have nothing to do is not counted. */
uint64_t sim_event_count(const struct sim *sim);

uint64_t sim_seed(const struct sim *sim);

/* ---- running -------------------------------------------------------------------------------- */

struct sim_limits {
    sim_time_t until;    /* stop before the first event later than this; 0 = no limit */
    uint64_t max_events; /* 0 = no limit */
};

/* Handle events in order of (time, sequence) until none is left before SIM_HORIZON, a limit is met, or
 * sim_stop().
 * Afterwards the clock shows the time of the last event, or `until` when that ended the run.
 * Returns SIM_OK, SIM_LIMIT (max_events), SIM_NO_MEMORY, SIM_DIVERGED, or what sim_stop() was
 * given. May be called again to go on. */
enum sim_status sim_run(struct sim *sim, const struct sim_limits *limits);

/* End sim_run() after the current event; it returns `status`. */
void sim_stop(struct sim *sim, enum sim_status status);

/* ---- calls at a later time ------------------------------------------------------------------ */

typedef uint64_t sim_call_id; /* 0 is no call */
typedef void sim_call_fn(struct sim *sim, void *context, uint64_t argument);

/* Call `fn(sim, context, argument)` at `when` (not before now). Returns 0 when there is no memory. */
sim_call_id sim_call_at(struct sim *sim, sim_time_t when, sim_call_fn *fn, void *context,
                        uint64_t argument);

/* Forget a call. One that was made or cancelled already is ignored. */
void sim_call_cancel(struct sim *sim, sim_call_id call);

/* ---- observers ------------------------------------------------------------------------------ */

/* An observer is told every fact of the run, in order. It gets const data, which is valid only
 * during the call, and must not change the world or draw from the tape: a run with and without
 * observers is the same run. */
typedef void sim_observer_fn(void *context, const struct sim *sim, const struct sim_fact *fact);

enum { SIM_OBSERVERS_MAX = 16 };

/* Errors: SIM_LIMIT when SIM_OBSERVERS_MAX are attached already. */
enum sim_status sim_observe(struct sim *sim, sim_observer_fn *fn, void *context);

#endif
