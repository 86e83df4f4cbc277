#include "sim/tcp/congestion.h"

#include "sim/base/common.h"

void congestion_init(struct tcb *t)
{
    uint32_t mss = t->mss;
    t->cc.cwnd = t->params->initial_window_segments * mss;
    t->cc.ssthresh = UINT32_MAX;
}

void congestion_on_ack(struct tcb *t, uint32_t bytes)
{
    uint32_t mss = t->mss;
    uint32_t growth;
    if (t->cc.cwnd < t->cc.ssthresh) {
        growth = min_u32(bytes, mss); /* slow start: a segment per ACK */
    } else {
        growth = max_u32((uint32_t)((uint64_t)mss * mss / t->cc.cwnd), 1); /* equation 3 */
    }
    t->cc.cwnd = min_u32(t->cc.cwnd, UINT32_MAX / 2) + growth;
}

void congestion_on_timeout(struct tcb *t, uint32_t flight, struct tcp_out *out)
{
    uint32_t mss = t->mss;
    /* A segment that is lost again says nothing new: ssthresh is set by its first timeout only. */
    if (t->rtt.backoff == 0) {
        t->cc.ssthresh = max_u32(flight / 2, 2 * mss);
    }
    t->cc.cwnd = mss;
    tcp_fire(out, RULE_CWND_AFTER_TIMEOUT);
}
