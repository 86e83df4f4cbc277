/* CLOSED and LISTEN: RFC 9293 3.10.7.1 and 3.10.7.2. */
#include "sim/base/common.h"
#include "sim/base/panic.h"
#include "sim/tcp/arrival.h"
#include "sim/tcp/congestion.h"
#include "sim/tcp/output.h"
#include "sim/tcp/tcp.h"
#include "sim/wire/options.h"

/* RFC 9293 3.7.1: without the option, assume what every IPv4 (IPv6) host takes. */
enum { DEFAULT_MSS = 536 };

/* "All data in the incoming segment is discarded. An incoming segment containing a RST is
 * discarded. An incoming segment not containing a RST causes a RST to be sent in response." */
void tcp_closed_segment_arrives(const struct tcp_params *params, const struct segment *s,
                                struct tcp_out *out)
{
    if ((s->flags & TCP_RST) != 0) {
        tcp_fire(out, RULE_RST_IGNORED_WHEN_CLOSED);
        return;
    }
    tcp_fire(out, RULE_CLOSED_SENDS_RST);
    if (!rule_set_has(&params->rules_off, RULE_CLOSED_SENDS_RST)) {
        output_rst_for(s, RULE_CLOSED_SENDS_RST, out);
    }
}

bool tcp_listen_accepts(const struct segment *s)
{
    return (s->flags & (TCP_RST | TCP_ACK)) == 0 && (s->flags & TCP_SYN) != 0;
}

/* "Set RCV.NXT to SEG.SEQ+1, IRS is set to SEG.SEQ." */
void arrival_take_syn(struct tcb *t, const struct segment *s)
{
    struct tcp_options options;
    tcp_options_parse(s, &options);
    uint16_t peer_mss = options.has_mss ? options.mss : DEFAULT_MSS;
    t->mss = (uint16_t)max_u32(min_u32(peer_mss, t->our_mss), 1);
    t->rcv.irs = s->seq;
    t->rcv.nxt = s->seq + 1;
    t->rcv.edge = t->rcv.nxt;
    t->snd.wnd = s->window;
    t->snd.max_wnd = s->window;
    t->snd.wl1 = s->seq;
}

static void answer_syn(struct tcb *child, uint32_t iss, sim_time_t now, struct tcp_out *out)
{
    child->snd.iss = iss;
    child->snd.una = iss;
    child->snd.nxt = iss;
    child->snd.max = iss;
    child->snd.wl2 = iss;
    child->state = TCP_LISTEN;
    if (child->params->handshake == TCP_TWO_WAY) {
        tcb_set_state(child, TCP_ESTABLISHED, RULE_TWO_WAY, out);
        congestion_init(child);
        output_syn(child, RULE_TWO_WAY, now, out);
        return;
    }
    tcb_set_state(child, TCP_SYN_RECEIVED, RULE_SYN_RECEIVED, out);
    if (child->params->handshake == TCP_FOUR_WAY) {
        output_ack(child, iss, RULE_FOUR_WAY, out);
        tcp_fire(out, RULE_FOUR_WAY);
    }
    output_syn(child, RULE_SYN_RECEIVED, now, out);
}

void tcp_listen_segment_arrives(struct tcb *child, const struct tcp_params *params,
                                uint16_t our_mss, const struct segment *s, uint32_t iss,
                                sim_time_t now, struct tcp_out *out)
{
    if ((s->flags & TCP_RST) != 0) { /* first, check for a RST */
        tcp_fire(out, RULE_LISTEN_IGNORES_RST);
        return;
    }
    if ((s->flags & TCP_ACK) != 0) { /* second, check for an ACK */
        tcp_fire(out, RULE_LISTEN_REFUSES_ACK);
        output_rst_for(s, RULE_LISTEN_REFUSES_ACK, out);
        return;
    }
    if ((s->flags & TCP_SYN) == 0) { /* fourth, other data or control: "drop the segment" */
        tcp_fire(out, RULE_LISTEN_DROPS);
        return;
    }
    SIM_ASSERT(tcp_listen_accepts(s)); /* third, check for a SYN */
    tcb_init(child, params, our_mss);
    child->passive = true;
    arrival_take_syn(child, s);
    answer_syn(child, iss, now, out);
    tcb_check(child);
}
