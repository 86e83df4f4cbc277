/* How late the network made a packet. */
#ifndef TCPSIM_OBSERVE_LATENESS_H
#define TCPSIM_OBSERVE_LATENESS_H

#include "tcpsim/facts.h"

/* By how much a forwarded packet (FACT_LINK) arrives later than the link usually takes, its jitter
 * included. 0 unless a rule or the link's reordering had a hand in it. */
sim_time_t lateness_of(const struct sim *sim, const struct sim_fact *fact);

#endif
