/* Assertions: programmer errors end the process, always, with where and when.
 *
 * The one thing in the house that is not passed as an argument is which run the current thread is
 * in: a failing assertion deep inside sim/tcp must be able to say so (docs/adr/0002). */
#ifndef TCPSIM_BASE_PANIC_H
#define TCPSIM_BASE_PANIC_H

#include <stdint.h>

/* What a failing assertion prints about the run. The run loop keeps it up to date. */
struct panic_context {
    uint64_t seed;
    uint64_t event;
    uint64_t tape_position;
    int64_t now;
};

/* Make `context` (or NULL) the current thread's; returns the one before, to be put back. */
const struct panic_context *panic_enter(const struct panic_context *context);

_Noreturn void panic_assert(const char *condition, const char *file, int line);

#define SIM_ASSERT(condition) ((condition) ? (void)0 : panic_assert(#condition, __FILE__, __LINE__))

/* A place that no run may reach; `why` says what was believed. */
#define SIM_UNREACHABLE(why) panic_assert(why, __FILE__, __LINE__)

#endif
