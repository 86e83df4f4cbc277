#include "sim/net/waiting.h"

#include "sim/base/panic.h"

#include <stddef.h>

enum { FIRST_CAPACITY = 16 };

struct waiting_slot {
    sim_time_t starts_at;
    uint32_t size_bytes;
};

static struct waiting_slot *slot_at(const struct waiting *w, uint32_t place)
{
    return &w->slots[(w->first + place) & (w->capacity - 1)];
}

void waiting_settle(struct waiting *w, sim_time_t now)
{
    while (w->count > 0 && slot_at(w, 0)->starts_at <= now) {
        w->bytes -= slot_at(w, 0)->size_bytes;
        w->first = (w->first + 1) & (w->capacity - 1);
        w->count--;
    }
}

/* Twice the room; the ring is laid out anew from its start. */
static bool grow(struct waiting *w, struct arena *arena)
{
    uint32_t capacity = w->capacity == 0 ? FIRST_CAPACITY : 2 * w->capacity;
    struct waiting_slot *slots = arena_allocate(arena, capacity * sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < w->count; i++) {
        slots[i] = *slot_at(w, i);
    }
    arena_release(arena, w->slots, w->capacity * sizeof *slots);
    w->slots = slots;
    w->capacity = capacity;
    w->first = 0;
    return true;
}

bool waiting_add(struct waiting *w, struct arena *arena, sim_time_t starts_at, uint32_t size_bytes)
{
    SIM_ASSERT(w->count == 0 || slot_at(w, w->count - 1)->starts_at <= starts_at);
    if (w->count == w->capacity && !grow(w, arena)) {
        return false;
    }
    *slot_at(w, w->count++) = (struct waiting_slot){ starts_at, size_bytes };
    w->bytes += size_bytes;
    return true;
}
