/* Calls at a later time: sim_call_at(). */
#ifndef TCPSIM_CORE_CALLS_H
#define TCPSIM_CORE_CALLS_H

struct sim;

void calls_init(struct sim *sim);

#endif
