/* What waits in front of a transmitter: a ring of (start of transmission, size).
 *
 * No event tells that a packet leaves the queue; whoever asks first lets go of what has started. */
#ifndef TCPSIM_NET_WAITING_H
#define TCPSIM_NET_WAITING_H

#include "sim/base/arena.h"
#include "tcpsim/time.h"

#include <stdbool.h>
#include <stdint.h>

struct waiting {
    struct waiting_slot *slots;
    uint32_t first, count, capacity; /* capacity: 0 or a power of two */
    uint64_t bytes;                  /* of all that wait */
};

/* Forget those whose transmission has started. */
void waiting_settle(struct waiting *w, sim_time_t now);

/* One more; starts_at must not be before that of the last. False when there is no memory. */
bool waiting_add(struct waiting *w, struct arena *arena, sim_time_t starts_at, uint32_t size_bytes);

#endif
