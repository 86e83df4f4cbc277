/* The one file of the inner folders that may print, and the one that keeps a thread-local. */
#include "sim/base/panic.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local const struct panic_context *current;

const struct panic_context *panic_enter(const struct panic_context *context)
{
    const struct panic_context *before = current;
    current = context;
    return before;
}

void panic_assert(const char *condition, const char *file, int line)
{
    fprintf(stderr, "tcpsim: assertion failed: %s\n  at %s:%d\n", condition, file, line);
    if (current != NULL) {
        fprintf(stderr,
                "  in event %" PRIu64 ", at %" PRId64 " ns, tape position %" PRIu64
                ", seed %" PRIu64 "\n",
                current->event, current->now, current->tape_position, current->seed);
    }
    fprintf(stderr, "This is a bug in tcpsim: please report it with the scenario and the seed.\n");
    abort();
}
