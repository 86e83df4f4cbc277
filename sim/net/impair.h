/* Impairments: what one direction of a link does to a packet by chance, or to every nth.
 *
 * How many choices a packet takes from the tape, and in which order, depends only on the
 * parameters: an impairment that is off makes none, one that is on makes its own even for a packet
 * that is lost anyway. Outcome 0 is always "nothing unusual". */
#ifndef TCPSIM_NET_IMPAIR_H
#define TCPSIM_NET_IMPAIR_H

#include "sim/net/link.h"

struct impairment {
    bool lost;
    bool duplicated;
    bool reordered;
    sim_time_t duplicate_delay;
    sim_time_t jitter;
    uint64_t flips; /* 0: none; n: bit n - 1 of the packet is flipped */
};

/* Whether anything is on. */
bool impair_is_on(const struct link_params *params);

/* What happens to the next packet of `size_bytes`. */
struct impairment impair_choose(struct sim *sim, struct link_direction *dir, uint32_t size_bytes);

/* Any bit of a packet of that size, as the tape has it, for a rule: as impairment.flips. */
uint64_t impair_choose_bit(struct sim *sim, const struct link_direction *dir, uint32_t size_bytes);

#endif
