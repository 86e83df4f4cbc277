#include "sim/tcp/window.h"

#include "sim/base/common.h"
#include "sim/base/seq.h"
#include "sim/tcp/tcb.h"

enum { WINDOW_FIELD_MAX = 65535 };

/* Where the right edge would be if the whole free buffer were offered. */
static uint32_t open_edge(const struct tcb *t)
{
    uint32_t space = t->rcv.buffer - min_u32(t->rcv.unread, t->rcv.buffer);
    return t->rcv.nxt + min_u32(space, WINDOW_FIELD_MAX);
}

/* How far the right edge could move; 0 when it would have to retreat. */
static uint32_t possible_gain(const struct tcb *t)
{
    uint32_t open = open_edge(t);
    return seq_gt(open, t->rcv.edge) ? open - t->rcv.edge : 0;
}

/* RFC 9293 3.8.6.2.2: keep the right edge fixed until it can move by a useful amount. A peer that
 * was offered crumbs would fill them with tiny segments. */
static bool gain_is_useful(const struct tcb *t, uint32_t gain)
{
    return gain >= min_u32(t->rcv.buffer / 2, t->our_mss);
}

uint32_t window_advertise(struct tcb *t)
{
    uint32_t gain = possible_gain(t);
    if (!tcb_rule_on(t, RULE_WINDOW_NEVER_SHRINKS)) {
        t->rcv.edge = open_edge(t);
    } else if (gain > 0 && (gain_is_useful(t, gain) || !tcb_rule_on(t, RULE_SWS_RECEIVER))) {
        t->rcv.edge += gain;
    }
    return min_u32(window_receive(t), WINDOW_FIELD_MAX);
}

/* An update of its own pays when the window was closed, or has grown by two segments and a quarter
 * of the buffer; otherwise the next ACK carries it soon enough. */
bool window_deserves_update(const struct tcb *t)
{
    uint32_t gain = possible_gain(t);
    if (!tcb_rule_on(t, RULE_SWS_RECEIVER)) {
        return gain > 0;
    }
    uint32_t left = window_receive(t);
    if (left < t->our_mss && gain_is_useful(t, gain)) {
        return true;
    }
    uint32_t large = max_u32(2u * t->our_mss, t->rcv.buffer / 4);
    return gain >= min_u32(large, t->rcv.buffer / 2);
}
