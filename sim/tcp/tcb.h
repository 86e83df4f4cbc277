/* The transmission control block (RFC 9293 3.3.1), and what a call on it gives back.
 *
 * sim/tcp is sans-I/O: a call takes a tcb, a segment or user call, and the time; it changes the tcb
 * and fills a struct tcp_out. It owns no clock, queue, randomness, callback or allocation; ISNs and
 * room for out-of-order data are handed to it.
 *
 * Invariants, checked by tcb_check() after every call:
 *   snd.una <= snd.nxt <= snd.max (modulo 2^32); una..max is what is in flight.
 *   rcv.nxt never goes back; rcv.edge (the right edge that we advertised) never retreats.
 *   Unacknowledged sequence space, or data held back by the peer's window, has an armed timer.
 *   rcv.queue is in order and unread; rcv.reassembly is sorted, disjoint and beyond rcv.nxt. */
#ifndef TCPSIM_TCP_TCB_H
#define TCPSIM_TCP_TCB_H

#include "sim/tcp/rules.h"
#include "tcpsim/packet.h"
#include "tcpsim/tcp_types.h"

/* ---- timers --------------------------------------------------------------------------------- */

enum tcp_timer {
    TCP_TIMER_REXMT,      /* RFC 6298 */
    TCP_TIMER_PERSIST,    /* RFC 9293 3.8.6.1, and the override timeout of 3.8.6.2.1 */
    TCP_TIMER_DELACK,     /* RFC 9293 3.8.6.3 */
    TCP_TIMER_TIME_WAIT,  /* RFC 9293 3.6.1: 2MSL */
    TCP_TIMER_FIN_WAIT_2, /* not in the RFC; off by default */
    TCP_TIMER_USER,       /* RFC 9293 3.8.3 */
    TCP_TIMER_COUNT
};

const char *tcp_timer_name(enum tcp_timer timer); /* as ss prints it: "on", "persist", ... */

/* ---- lists of received bytes ---------------------------------------------------------------- */

/* Payload that starts at sequence number `seq`. */
struct tcp_span {
    uint32_t seq;
    struct payload payload;
};

/* spans[first .. first + count). The memory is the caller's: before each segment the caller makes
 * room for one more span in the reassembly list, and in the queue for all of those and one more. */
struct tcp_spans {
    struct tcp_span *spans;
    uint32_t first, count, capacity;
};

/* ---- the block ------------------------------------------------------------------------------ */

struct tcb {
    const struct tcp_params *params;
    enum tcp_state state;
    bool passive;        /* opened by a SYN that reached a listener */
    bool accept_blocked; /* set by the caller for one call: the accept queue has no room */
    bool detached;       /* the application gave the handle up: nobody will read */
    enum sim_status error;

    struct { /* RFC 9293 3.3.1, send sequence variables */
        uint32_t una, nxt, wnd, wl1, wl2, iss;
        uint32_t max;     /* highest sequence number sent so far; nxt goes back to retransmit */
        uint32_t max_wnd; /* largest window that the peer ever offered */
        uint32_t stream;  /* what the application writes */
        uint64_t written; /* bytes in the stream */
        uint64_t acked;   /* bytes of the stream that are acknowledged */
        bool fin;         /* CLOSE was called: a FIN follows the last byte written */
    } snd;

    struct { /* receive sequence variables */
        uint32_t nxt, irs;
        uint32_t edge;     /* RCV.NXT + RCV.WND as last advertised */
        uint32_t buffer;   /* bytes that may wait to be read */
        uint32_t unread;   /* bytes in `queue` */
        uint64_t received; /* bytes put in order since the start */
        bool fin;          /* the peer's FIN was processed */
        bool fin_waits;    /* a FIN arrived out of order ... */
        uint32_t fin_seq;  /* ... with this sequence number */
        struct tcp_spans queue, reassembly;
    } rcv;

    uint16_t mss;     /* largest payload that we send */
    uint16_t our_mss; /* largest payload that we accept: what our SYN says */

    struct {                          /* RFC 6298 */
        sim_time_t srtt, rttvar, rto; /* srtt 0: no sample yet */
        bool timing;                  /* a segment is being timed */
        uint32_t seq;                 /* its ACK is at least this */
        sim_time_t sent_at;
        uint8_t backoff;    /* timeouts since the last progress */
        uint8_t unanswered; /* window probes since the last ACK */
        bool syn_was_lost;  /* the SYN was retransmitted: RFC 6298 5.7 */
    } rtt;

    struct { /* RFC 5681 */
        uint32_t cwnd, ssthresh;
    } cc;

    bool ack_now;     /* an ACK must leave at the end of this call */
    rule_id ack_why;  /* the rule that wants it */
    bool ack_delayed; /* an ACK is owed, and may wait */

    sim_time_t deadline[TCP_TIMER_COUNT]; /* SIM_NEVER when not armed */
    sim_time_t throttled_until;           /* no ACK for empty segments outside the window */
    uint64_t bytes_sent;                  /* payload, retransmissions included */
    uint32_t retransmits;
};

/* ---- what a call gives back ----------------------------------------------------------------- */

#ifdef TCPSIM_TINY_LIMITS
enum { TCP_OUT_SEGMENTS = 2 };
#else
enum { TCP_OUT_SEGMENTS = 16 };
#endif
enum { TCP_OUT_RULES = 16, TCP_OUT_CHANGES = 4 };

/* Bits of tcp_out.notices: what the application should be told. */
enum tcp_notice {
    TCP_NOTICE_CONNECTED = 1, /* an active OPEN succeeded */
    TCP_NOTICE_READABLE = 2,
    TCP_NOTICE_PEER_CLOSED = 4,
    TCP_NOTICE_WRITABLE = 8, /* acknowledged bytes left the send buffer */
    TCP_NOTICE_DRAINED = 16, /* everything written is acknowledged */
    TCP_NOTICE_CLOSED = 32,  /* CLOSED, or TIME-WAIT; tcb.error says why */
};

struct tcp_out_segment {
    rule_id why;
    bool retransmission;
    struct segment segment; /* ports are filled in by the caller */
};

struct tcp_change {
    enum tcp_state from, to;
    rule_id rule;
};

struct tcp_out {
    uint32_t segment_count;
    uint32_t rule_count;
    uint32_t change_count;
    uint32_t notices;
    bool more; /* there was not room for every segment: call tcp_output() again */
    rule_id rules[TCP_OUT_RULES];
    struct tcp_change changes[TCP_OUT_CHANGES];
    struct tcp_out_segment segments[TCP_OUT_SEGMENTS];
};

/* Ready for a call. The segments are not cleared. */
static inline void tcp_out_init(struct tcp_out *out)
{
    out->segment_count = 0;
    out->rule_count = 0;
    out->change_count = 0;
    out->notices = 0;
    out->more = false;
}

/* Record that a rule decided something. Rules past TCP_OUT_RULES in one call are not recorded. */
static inline void tcp_fire(struct tcp_out *out, enum rule rule)
{
    if (out->rule_count < TCP_OUT_RULES) {
        out->rules[out->rule_count++] = (rule_id)rule;
    }
}

/* ---- basics --------------------------------------------------------------------------------- */

/* A tcb in CLOSED with nothing sent or received. */
void tcb_init(struct tcb *t, const struct tcp_params *params, uint16_t our_mss);

/* Assert what must hold between calls. */
void tcb_check(const struct tcb *t);

/* Whether the rule is on for this host. */
static inline bool tcb_rule_on(const struct tcb *t, enum rule rule)
{
    return !rule_set_has(&t->params->rules_off, (rule_id)rule);
}

/* Change the state for a reason; asserts that RFC 9293 figure 5 (and its notes) allows it. */
void tcb_set_state(struct tcb *t, enum tcp_state state, enum rule rule, struct tcp_out *out);

/* Enter CLOSED: timers off, `error` kept for the application (SIM_OK: a clean end). */
void tcb_close(struct tcb *t, enum sim_status error, enum rule rule, struct tcp_out *out);

/* A passive SYN-RECEIVED ends where it came from (RFC 9293 3.10.7.4): the record goes, the listener
 * stays, and the application never hears of it. */
void tcb_return_to_listen(struct tcb *t, enum rule rule, struct tcp_out *out);

static inline void tcb_arm(struct tcb *t, enum tcp_timer timer, sim_time_t when)
{
    t->deadline[timer] = when;
}

static inline void tcb_disarm(struct tcb *t, enum tcp_timer timer)
{
    t->deadline[timer] = SIM_NEVER;
}

static inline bool tcb_is_armed(const struct tcb *t, enum tcp_timer timer)
{
    return t->deadline[timer] != SIM_NEVER;
}

/* The earliest deadline, and whose; SIM_NEVER when no timer is armed. */
sim_time_t tcb_next_deadline(const struct tcb *t, enum tcp_timer *timer);

/* States in which both ends' SYNs are known (RFC 9293 3.3.2 "synchronized"). */
static inline bool tcb_is_synchronized(const struct tcb *t)
{
    return t->state >= TCP_ESTABLISHED;
}

static inline bool tcb_syn_is_acked(const struct tcb *t)
{
    return t->snd.una != t->snd.iss || t->snd.acked > 0; /* una comes by iss again after 4 GiB */
}

/* Sequence number of the byte at `offset` of the send stream. */
static inline uint32_t tcb_seq_of(const struct tcb *t, uint64_t offset)
{
    return t->snd.iss + 1 + (uint32_t)offset;
}

/* Sequence number that our FIN has, once CLOSE was called. */
static inline uint32_t tcb_fin_seq(const struct tcb *t)
{
    return tcb_seq_of(t, t->snd.written);
}

/* Everything written, our FIN included, is acknowledged. */
static inline bool tcb_fin_is_acked(const struct tcb *t)
{
    return t->snd.fin && t->snd.una == tcb_fin_seq(t) + 1;
}

/* RFC 9293 3.6.1: "wait for 2 MSL". */
static inline sim_time_t tcb_time_wait_length(const struct tcb *t)
{
    return tcb_rule_on(t, RULE_TWO_MSL) ? 2 * t->params->msl : t->params->msl;
}

/* Sequence number of a segment without text, behind everything sent. A window probe went beyond the
 * peer's right edge: what claims to follow it would be outside the window, and dropped. */
static inline uint32_t tcb_seq_behind(const struct tcb *t)
{
    return tcb_is_armed(t, TCP_TIMER_PERSIST) ? t->snd.nxt : t->snd.max;
}

static inline uint32_t tcb_in_flight(const struct tcb *t)
{
    return t->snd.max - t->snd.una;
}

#endif
