/* The event queue: a 4-ary heap ordered by (time, ticket).
 *
 * Tickets count up, so no two entries compare equal and no tie is left to chance. An entry says
 * which actor is to be woken; it never holds data. */
#ifndef TCPSIM_CORE_EVENT_QUEUE_H
#define TCPSIM_CORE_EVENT_QUEUE_H

#include "sim/base/arena.h"
#include "tcpsim/time.h"

#include <stdbool.h>
#include <stdint.h>

struct event {
    sim_time_t time;
    uint64_t ticket; /* order among events of the same time; unique in the world */
    uint32_t kind;   /* enum actor_kind */
    uint32_t index;  /* which actor of that kind */
};

struct event_queue {
    struct arena *arena;
    struct event *heap;
    uint32_t count, capacity;
};

void event_queue_init(struct event_queue *queue, struct arena *arena);

/* False when there is no memory. */
bool event_queue_push(struct event_queue *queue, struct event event);

/* The earliest entry, or NULL; valid until the next push or pop. */
const struct event *event_queue_peek(const struct event_queue *queue);

/* Remove and return the earliest entry of a queue that is not empty. */
struct event event_queue_pop(struct event_queue *queue);

#endif
