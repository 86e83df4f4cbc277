#include "sim/core/event_queue.h"

#include "sim/base/panic.h"

#include <stddef.h>

enum { FIRST_CAPACITY = 64, CHILDREN = 4 };

void event_queue_init(struct event_queue *queue, struct arena *arena)
{
    *queue = (struct event_queue){ .arena = arena };
}

static bool event_before(const struct event *a, const struct event *b)
{
    return a->time < b->time || (a->time == b->time && a->ticket < b->ticket);
}

static bool grow(struct event_queue *queue)
{
    uint32_t capacity = queue->capacity == 0 ? FIRST_CAPACITY : queue->capacity * 2;
    struct event *bigger =
        arena_grow(queue->arena, queue->heap, queue->capacity * sizeof(struct event),
                   capacity * sizeof(struct event));
    if (bigger == NULL) {
        return false;
    }
    queue->heap = bigger;
    queue->capacity = capacity;
    return true;
}

bool event_queue_push(struct event_queue *queue, struct event event)
{
    if (queue->count == queue->capacity && !grow(queue)) {
        return false;
    }
    uint32_t hole = queue->count++;
    while (hole > 0) {
        uint32_t parent = (hole - 1) / CHILDREN;
        if (!event_before(&event, &queue->heap[parent])) {
            break;
        }
        queue->heap[hole] = queue->heap[parent];
        hole = parent;
    }
    queue->heap[hole] = event;
    return true;
}

const struct event *event_queue_peek(const struct event_queue *queue)
{
    return queue->count == 0 ? NULL : &queue->heap[0];
}

static uint32_t earliest_child(const struct event_queue *queue, uint32_t first)
{
    uint32_t end = first + CHILDREN < queue->count ? first + CHILDREN : queue->count;
    uint32_t earliest = first;
    for (uint32_t child = first + 1; child < end; child++) {
        if (event_before(&queue->heap[child], &queue->heap[earliest])) {
            earliest = child;
        }
    }
    return earliest;
}

struct event event_queue_pop(struct event_queue *queue)
{
    SIM_ASSERT(queue->count > 0);
    struct event top = queue->heap[0];
    struct event last = queue->heap[--queue->count];
    uint32_t hole = 0;
    for (;;) {
        uint32_t first = hole * CHILDREN + 1;
        if (first >= queue->count) {
            break;
        }
        uint32_t child = earliest_child(queue, first);
        if (!event_before(&queue->heap[child], &last)) {
            break;
        }
        queue->heap[hole] = queue->heap[child];
        hole = child;
    }
    queue->heap[hole] = last;
    return top;
}
