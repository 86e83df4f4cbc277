/* The tape's own state; the public part is tcpsim/tape.h. */
#ifndef TCPSIM_CORE_TAPE_H
#define TCPSIM_CORE_TAPE_H

struct sim;
struct sim_config;

void tape_init(struct sim *sim, const struct sim_config *config);

#endif
