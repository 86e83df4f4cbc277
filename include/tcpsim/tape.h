/* The tape: every nondeterministic outcome of a run, in one place.
 *
 * A random run, a replay, an exhaustive search, a shrinker and a fuzzer are ways to feed the same
 * tape. Outcomes are recorded, not random bits: an entry reads "lane 3, of 0..1: 1", and outcome 0
 * always means "nothing unusual". */
#ifndef TCPSIM_TAPE_H
#define TCPSIM_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;

/* A lane is an independent source of choices: one link direction, the ISNs of one host, a script's
 * random numbers. Each has its own generator derived from the seed, so that one more choice on a
 * lane does not shift another lane's. Lane numbers count from 0 in order of creation. */
typedef uint32_t tape_lane;

/* How a random run picks an outcome in [0, max]. */
struct tape_odds {
    enum {
        TAPE_UNIFORM, /* every outcome equally likely */
        TAPE_RARE,    /* 0, except for `ppm` parts per million: then uniform over 1..max */
    } kind;
    uint32_t ppm; /* 0..1,000,000 */
};

/* One recorded choice. */
struct tape_entry {
    tape_lane lane;
    uint64_t max;
    uint64_t outcome;
};

enum tape_mode {
    TAPE_RANDOM, /* draw from the lanes' generators */
    TAPE_REPLAY, /* take outcomes from the feed; lane and bound must agree; past its end, draw 0 */
};

/* Make a lane. Not to be called by observers. */
tape_lane tape_lane_create(struct sim *sim);

/* The next outcome on `lane`, in [0, max]. Source: DESIGN, "one tape".
 * In replay, a lane or bound that differs from the recorded one stops the run with SIM_DIVERGED
 * (sim_run returns it) and this call returns 0. */
uint64_t tape_choose(struct sim *sim, tape_lane lane, uint64_t max, struct tape_odds odds);

/* What was recorded so far: `*count` entries, owned by the world and valid until the next choice.
 * Only worlds created with record_tape record. */
const struct tape_entry *tape_recorded(const struct sim *sim, size_t *count);

/* Where a replay parted from its feed: the entry's index, or SIZE_MAX if it did not. */
size_t tape_divergence(const struct sim *sim);

#endif
