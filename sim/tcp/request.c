#include "sim/tcp/request.h"

#include "sim/base/panic.h"

void tcp_request_pack(struct tcp_request *request, const struct tcb *t)
{
    SIM_ASSERT(t->state == TCP_SYN_RECEIVED && t->passive);
    *request = (struct tcp_request){
        .iss = t->snd.iss,
        .irs = t->rcv.irs,
        .edge = t->rcv.edge,
        .deadline = t->deadline[TCP_TIMER_REXMT],
        .rto = t->rtt.rto,
        .sent_at = t->rtt.timing ? t->rtt.sent_at : SIM_NEVER,
        .throttled_until = t->throttled_until,
        .window = (uint16_t)t->snd.wnd,
        .mss = t->mss,
        .our_mss = t->our_mss,
        .backoff = t->rtt.backoff,
    };
}

void tcp_request_unpack(const struct tcp_request *request, const struct tcp_params *params,
                        struct tcb *t)
{
    tcb_init(t, params, request->our_mss);
    t->state = TCP_SYN_RECEIVED;
    t->passive = true;
    t->mss = request->mss;
    t->snd.iss = request->iss;
    t->snd.una = request->iss;
    t->snd.nxt = request->iss + 1;
    t->snd.max = request->iss + 1;
    t->snd.wnd = request->window;
    t->snd.max_wnd = request->window;
    t->snd.wl1 = request->irs;
    t->snd.wl2 = request->iss;
    t->rcv.irs = request->irs;
    t->rcv.nxt = request->irs + 1;
    t->rcv.edge = request->edge;
    t->rtt.rto = request->rto;
    t->rtt.backoff = request->backoff;
    t->rtt.syn_was_lost = request->backoff > 0;
    t->rtt.timing = request->sent_at != SIM_NEVER;
    t->rtt.seq = request->iss + 1;
    t->rtt.sent_at = t->rtt.timing ? request->sent_at : 0;
    t->throttled_until = request->throttled_until;
    t->deadline[TCP_TIMER_REXMT] = request->deadline;
}
