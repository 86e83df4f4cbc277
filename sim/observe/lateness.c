/* How late the network made a packet. */
#include "sim/observe/lateness.h"

sim_time_t lateness_of(const struct sim *sim, const struct sim_fact *fact)
{
    if ((!fact->reordered && fact->text == NULL) || fact->link == LINK_NONE) {
        return 0; /* nobody meddled: what it took is what the link takes */
    }
    const struct link_params *params = link_get_params(sim, fact->link, fact->direction);
    uint64_t bits = (uint64_t)packet_size_bytes(fact->packet) * 8;
    sim_time_t usual = params->delay;
    if (params->rate_bps > 0) { /* rounded up: a bit is there when its end is */
        usual += (sim_time_t)((bits * SIM_SECOND + params->rate_bps - 1) / params->rate_bps);
    }
    sim_time_t late = fact->arrives_at - fact->departs_at - usual;
    return late > params->jitter ? late : 0;
}
