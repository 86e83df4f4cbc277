/* The tape: one function through which every nondeterministic outcome passes.
 *
 * A lane's n-th random word is a hash of (seed, lane, n), so a lane has no state but a count, and
 * one more draw on a lane shifts no other. */
#include "sim/core/tape.h"

#include "sim/core/world.h"

void tape_init(struct sim *sim, const struct sim_config *config)
{
    struct tape *tape = &sim->tape;
    tape->mode = config->tape_mode;
    tape->record = config->record_tape;
    tape->feed = config->feed;
    tape->feed_count = config->feed_count;
    tape->divergence = SIZE_MAX;
}

tape_lane tape_lane_create(struct sim *sim)
{
    struct tape *tape = &sim->tape;
    if (tape->lane_count == tape->lane_capacity) {
        uint32_t capacity = tape->lane_capacity == 0 ? 16 : tape->lane_capacity * 2;
        void *bigger =
            arena_grow(&sim->arena, tape->lanes, tape->lane_capacity * sizeof *tape->lanes,
                       capacity * sizeof *tape->lanes);
        if (bigger == NULL) {
            sim_out_of_memory(sim);
            return 0;
        }
        tape->lanes = bigger;
        tape->lane_capacity = capacity;
    }
    tape->lanes[tape->lane_count] = (struct tape_lane_state){ 0 };
    return tape->lane_count++;
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
 * OOPSLA 2014). */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t lane_word(struct sim *sim, tape_lane lane)
{
    const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t n = ++sim->tape.lanes[lane].drawn;
    uint64_t stream = mix(sim->seed + golden * ((uint64_t)lane + 1));
    return mix(stream + golden * n);
}

/* Uniform over 0..max, without bias: words above the largest multiple of the range are drawn anew. */
static uint64_t draw_uniform(struct sim *sim, tape_lane lane, uint64_t max)
{
    if (max == UINT64_MAX) {
        return lane_word(sim, lane);
    }
    uint64_t range = max + 1;
    uint64_t surplus = (UINT64_MAX - range + 1) % range;
    for (;;) {
        uint64_t word = lane_word(sim, lane);
        if (word >= surplus) {
            return word % range;
        }
    }
}

static uint64_t draw(struct sim *sim, tape_lane lane, uint64_t max, struct tape_odds odds)
{
    switch (odds.kind) {
    case TAPE_UNIFORM:
        return draw_uniform(sim, lane, max);
    case TAPE_RARE:
        if (max == 0 || draw_uniform(sim, lane, 999999) >= odds.ppm) {
            return 0;
        }
        return max == 1 ? 1 : 1 + draw_uniform(sim, lane, max - 1);
    }
    return 0;
}

static uint64_t replay(struct sim *sim, tape_lane lane, uint64_t max)
{
    struct tape *tape = &sim->tape;
    if (tape->position >= tape->feed_count || tape->divergence != SIZE_MAX) {
        return 0;
    }
    const struct tape_entry *entry = &tape->feed[tape->position];
    if (entry->lane != lane || entry->max != max || entry->outcome > max) {
        tape->divergence = (size_t)tape->position;
        return 0;
    }
    return entry->outcome;
}

static void record(struct sim *sim, tape_lane lane, uint64_t max, uint64_t outcome)
{
    struct tape *tape = &sim->tape;
    if (tape->recorded_count == tape->recorded_capacity) {
        size_t capacity = tape->recorded_capacity == 0 ? 64 : tape->recorded_capacity * 2;
        void *bigger = arena_grow(&sim->arena, tape->recorded,
                                  tape->recorded_capacity * sizeof *tape->recorded,
                                  capacity * sizeof *tape->recorded);
        if (bigger == NULL) {
            sim_out_of_memory(sim);
            return;
        }
        tape->recorded = bigger;
        tape->recorded_capacity = capacity;
    }
    tape->recorded[tape->recorded_count++] = (struct tape_entry){ lane, max, outcome };
}

uint64_t tape_choose(struct sim *sim, tape_lane lane, uint64_t max, struct tape_odds odds)
{
    SIM_ASSERT(lane < sim->tape.lane_count);
    uint64_t outcome = 0;
    switch (sim->tape.mode) {
    case TAPE_RANDOM:
        outcome = draw(sim, lane, max, odds);
        break;
    case TAPE_REPLAY:
        outcome = replay(sim, lane, max);
        break;
    }
    sim->tape.position++;
    if (sim->tape.record) {
        record(sim, lane, max, outcome);
    }
    SIM_ASSERT(outcome <= max);
    return outcome;
}

const struct tape_entry *tape_recorded(const struct sim *sim, size_t *count)
{
    *count = sim->tape.recorded_count;
    return sim->tape.recorded;
}

size_t tape_divergence(const struct sim *sim)
{
    return sim->tape.divergence;
}
