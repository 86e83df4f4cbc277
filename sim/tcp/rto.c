#include "sim/tcp/rto.h"

#include "sim/base/common.h"
#include "sim/base/seq.h"

void rto_init(struct tcb *t)
{
    t->rtt.srtt = 0;
    t->rtt.rttvar = 0;
    t->rtt.rto = t->params->rto_initial;
}

void rto_start_timing(struct tcb *t, uint32_t seq, sim_time_t now)
{
    if (!t->rtt.timing) {
        t->rtt.timing = true;
        t->rtt.seq = seq;
        t->rtt.sent_at = now;
    }
}

void rto_stop_timing(struct tcb *t)
{
    if (tcb_rule_on(t, RULE_KARN)) {
        t->rtt.timing = false;
    }
}

static sim_time_t clamp_rto(const struct tcb *t, sim_time_t rto)
{
    return min_i64(max_i64(rto, t->params->rto_min), t->params->rto_max);
}

/* 2.2 and 2.3, with alpha = 1/8 and beta = 1/4. */
static void take_sample(struct tcb *t, sim_time_t r)
{
    r = min_i64(r, SIM_DURATION_MAX); /* so that the sums below are times */
    if (t->rtt.srtt == 0) {
        t->rtt.srtt = r;
        t->rtt.rttvar = r / 2;
    } else {
        sim_time_t error = t->rtt.srtt > r ? t->rtt.srtt - r : r - t->rtt.srtt;
        t->rtt.rttvar += (error - t->rtt.rttvar) / 4;
        t->rtt.srtt += (r - t->rtt.srtt) / 8;
    }
    sim_time_t spread = max_i64(t->params->clock_granularity, 4 * t->rtt.rttvar);
    t->rtt.rto = clamp_rto(t, t->rtt.srtt + spread);
}

void rto_sample(struct tcb *t, uint32_t ack, sim_time_t now, struct tcp_out *out)
{
    if (t->rtt.timing && seq_geq(ack, t->rtt.seq)) {
        t->rtt.timing = false;
        take_sample(t, max_i64(now - t->rtt.sent_at, 1));
        tcp_fire(out, RULE_RTT_SAMPLE);
    }
}

void rto_back_off(struct tcb *t, struct tcp_out *out)
{
    if (tcb_rule_on(t, RULE_RTO_BACKOFF)) {
        t->rtt.rto = clamp_rto(t, 2 * t->rtt.rto);
        tcp_fire(out, RULE_RTO_BACKOFF);
    }
}

void rto_handshake_done(struct tcb *t, struct tcp_out *out)
{
    const sim_time_t three_seconds = 3 * SIM_SECOND;
    if (t->rtt.syn_was_lost && t->rtt.srtt == 0 && t->params->rto_initial < three_seconds &&
        tcb_rule_on(t, RULE_RTO_AFTER_LOST_SYN)) {
        t->rtt.rto = clamp_rto(t, three_seconds);
        tcp_fire(out, RULE_RTO_AFTER_LOST_SYN);
    }
}
