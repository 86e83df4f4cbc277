/* Links: two directions, each a rule list, a drop-tail queue, a transmitter, impairments and the
 * packets in flight.
 *
 * Invariants, per direction: entered + copied = delivered + dropped + in_flight + held;
 * busy_until never goes back; the actor is armed for the earliest arrival in flight, if any.
 * Read before: net.h. Read after: link.c, a packet's way through one direction. */
#ifndef TCPSIM_NET_LINK_H
#define TCPSIM_NET_LINK_H

#include "sim/net/flight.h"
#include "sim/net/net.h"
#include "sim/net/waiting.h"

/* Sources of choice of one direction, each a lane of the tape, so that switching one impairment on
 * leaves what the others do to each packet as it was. */
enum link_lane {
    LANE_LOSS,
    LANE_DUPLICATE,
    LANE_REORDER,
    LANE_JITTER,
    LANE_CORRUPT,
    LINK_LANE_COUNT
};

struct link_direction {
    struct link_params params; /* mtu is never 0 here */
    host_id from, to;
    tape_lane first_lane;      /* of LINK_LANE_COUNT in a row */
    bool impaired;             /* some impairment of params is on */
    bool burst_bad;            /* Gilbert-Elliott: in the bad state */
    uint32_t loss_count;       /* for params.loss_every: packets since the last one lost */
    sim_time_t busy_until;     /* when the last bit of what was accepted so far leaves */
    sim_time_t latest_arrival; /* for params.jitter_keeps_order */
    struct waiting waiting;
    struct flight flight;
    struct actor actor; /* ACTOR_LINK, index = link * 2 + direction */
    struct link_stats stats;
};

struct link {
    link_id id;
    bool up;
    match_id first_rule, last_rule; /* list of struct match, in order of creation */
    struct link_direction directions[2];
};

struct link *link_at(const struct net *net, link_id id); /* asserts 1..link_count */

/* Send a packet that a rule held on its way; takes it over. */
void link_let_go(struct sim *sim, struct net *net, struct attachment via, struct net_packet *p,
                 const char *label);

#endif
