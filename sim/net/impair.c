#include "sim/net/impair.h"

enum { PPM_ALWAYS = 1000000 };

static uint64_t choose_rare(struct sim *sim, const struct link_direction *dir, enum link_lane lane,
                            uint64_t max, uint32_t ppm)
{
    struct tape_odds odds = { TAPE_RARE, ppm };
    return tape_choose(sim, dir->first_lane + (uint32_t)lane, max, odds);
}

bool impair_is_on(const struct link_params *params)
{
    return params->loss_ppm != 0 || params->loss_every != 0 || params->burst.to_bad_ppm != 0 ||
           params->burst.to_good_ppm != 0 || params->duplicate_ppm != 0 ||
           params->reorder_ppm != 0 || params->jitter != 0 || params->corrupt_ppm != 0;
}

/* ---- loss ----------------------------------------------------------------------------------- */

static bool is_nth(struct link_direction *dir)
{
    if (dir->params.loss_every == 0 || ++dir->loss_count < dir->params.loss_every) {
        return false;
    }
    dir->loss_count = 0;
    return true;
}

/* Two choices per packet: does the state change, and is the packet lost in the state that it finds
 * then. So a burst of a link that loses everything in the bad state has geometric length, in the
 * mean 1,000,000 / to_good_ppm packets. Source: Gilbert 1960; Elliott 1963. */
static bool burst_loses(struct sim *sim, struct link_direction *dir)
{
    const struct link_params *params = &dir->params;
    if (params->burst.to_bad_ppm == 0 && params->burst.to_good_ppm == 0) {
        return false;
    }
    uint32_t change = dir->burst_bad ? params->burst.to_good_ppm : params->burst.to_bad_ppm;
    if (choose_rare(sim, dir, LANE_LOSS, 1, change) != 0) {
        dir->burst_bad = !dir->burst_bad;
    }
    uint32_t loss = dir->burst_bad ? params->burst.bad_loss_ppm : params->burst.good_loss_ppm;
    return choose_rare(sim, dir, LANE_LOSS, 1, loss) != 0;
}

static bool is_lost(struct sim *sim, struct link_direction *dir)
{
    bool lost = is_nth(dir);
    lost |= burst_loses(sim, dir);
    if (dir->params.loss_ppm != 0) {
        lost |= choose_rare(sim, dir, LANE_LOSS, 1, dir->params.loss_ppm) != 0;
    }
    return lost;
}

/* ---- the rest ------------------------------------------------------------------------------- */

/* One choice says both whether and how much later: 0 is no copy, n a copy n - 1 later. */
static void choose_duplicate(struct sim *sim, const struct link_direction *dir,
                             struct impairment *impairment)
{
    uint64_t max = 1 + (uint64_t)dir->params.duplicate_delay;
    uint64_t outcome = choose_rare(sim, dir, LANE_DUPLICATE, max, dir->params.duplicate_ppm);
    if (outcome != 0) {
        impairment->duplicated = true;
        impairment->duplicate_delay = (sim_time_t)(outcome - 1);
    }
}

static sim_time_t choose_jitter(struct sim *sim, const struct link_direction *dir)
{
    struct tape_odds uniform = { .kind = TAPE_UNIFORM };
    return (sim_time_t)tape_choose(sim, dir->first_lane + LANE_JITTER, (uint64_t)dir->params.jitter,
                                   uniform);
}

uint64_t impair_choose_bit(struct sim *sim, const struct link_direction *dir, uint32_t size_bytes)
{
    return choose_rare(sim, dir, LANE_CORRUPT, 8 * (uint64_t)size_bytes, PPM_ALWAYS);
}

struct impairment impair_choose(struct sim *sim, struct link_direction *dir, uint32_t size_bytes)
{
    const struct link_params *params = &dir->params;
    struct impairment impairment = { .lost = is_lost(sim, dir) };
    if (params->duplicate_ppm != 0) {
        choose_duplicate(sim, dir, &impairment);
    }
    if (params->reorder_ppm != 0) {
        impairment.reordered = choose_rare(sim, dir, LANE_REORDER, 1, params->reorder_ppm) != 0;
    }
    if (params->jitter != 0) {
        impairment.jitter = choose_jitter(sim, dir);
    }
    if (params->corrupt_ppm != 0) {
        impairment.flips =
            choose_rare(sim, dir, LANE_CORRUPT, 8 * (uint64_t)size_bytes, params->corrupt_ppm);
    }
    return impairment;
}
