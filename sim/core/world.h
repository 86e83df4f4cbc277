/* The world, as the folders that build on core see it.
 *
 * Invariants: the clock never goes back; every pending actor has exactly one entry in the queue
 * whose ticket is its own (older entries are stale and are skipped); observers see facts in order. */
#ifndef TCPSIM_CORE_WORLD_H
#define TCPSIM_CORE_WORLD_H

#include "sim/base/arena.h"
#include "sim/base/panic.h"
#include "sim/base/pool.h"
#include "sim/base/stream.h"
#include "sim/core/event_queue.h"
#include "tcpsim/facts.h"
#include "tcpsim/sim.h"
#include "tcpsim/tape.h"

/* Whoever can be woken by an event. Each folder above core brings the handlers of its own kinds. */
enum actor_kind {
    ACTOR_CALL, /* sim_call_at() */
    ACTOR_LINK, /* one direction of a link: its earliest arrival */
    ACTOR_CONN, /* a connection, half-open or TIME-WAIT record: its earliest timer */
    ACTOR_APP,  /* the applications of a host: sockets that became ready */
    ACTOR_KIND_COUNT
};

/* The pending event of an actor; lives in the actor. All zeros is not "idle": see actor_init(). */
struct actor {
    sim_time_t due;  /* SIM_NEVER when nothing is pending */
    uint64_t ticket; /* of its entry in the queue; 0 when nothing is pending */
};

/* Handle the event of actor `index`: first actor_claim(), which tells whether the entry is stale.
 * Returns whether anything was done; if not, the event is not counted and the clock goes back to
 * where it was, so that an idle wake-up leaves no trace. */
typedef bool actor_fn(struct sim *sim, uint32_t index, uint64_t ticket);

struct tape_lane_state {
    uint64_t drawn; /* how many outcomes the lane has given */
};

struct tape {
    enum tape_mode mode;
    bool record;
    uint64_t position; /* choices made */
    struct tape_lane_state *lanes;
    uint32_t lane_count, lane_capacity;
    struct tape_entry *recorded;
    size_t recorded_count, recorded_capacity;
    const struct tape_entry *feed;
    size_t feed_count;
    size_t divergence; /* index of the entry that did not fit, or SIZE_MAX */
};

struct sim_observer {
    sim_observer_fn *fn;
    void *context;
};

struct sim {
    struct arena arena;
    struct event_queue queue;
    sim_time_t now;
    uint64_t next_ticket;
    uint64_t event_count;
    uint64_t seed;
    bool wire;
    bool out_of_memory;
    bool stopping;
    enum sim_status stop_status;
    struct panic_context panic;

    struct tape tape;
    struct pool calls;
    struct stream_table streams;
    actor_fn *handlers[ACTOR_KIND_COUNT];

    struct sim_observer observers[SIM_OBSERVERS_MAX];
    uint32_t observer_count;

    void *net; /* struct net of sim/net */
};

/* ---- actors --------------------------------------------------------------------------------- */

void actor_init(struct actor *actor);

/* Wake the actor at `when` or earlier. An event that is pending for an earlier time is left alone:
 * the actor looks when it is woken and arms again, so that moving a timer later costs nothing. */
void actor_arm(struct sim *sim, struct actor *actor, enum actor_kind kind, uint32_t index,
               sim_time_t when);

/* Whether the entry with `ticket` is this actor's. If so the actor has nothing pending any more. */
bool actor_claim(struct actor *actor, uint64_t ticket);

/* ---- observers ------------------------------------------------------------------------------ */

static inline bool sim_is_observed(const struct sim *sim)
{
    return sim->observer_count > 0;
}

/* Tell the fact to every observer; its time is filled in. */
void sim_tell(struct sim *sim, struct sim_fact *fact);

/* ---- memory --------------------------------------------------------------------------------- */

/* Note that memory ran out: the run ends with SIM_NO_MEMORY after the current event. */
void sim_out_of_memory(struct sim *sim);

#endif
