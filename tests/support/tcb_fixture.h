/* A laboratory for one struct tcb: no network, no clock but `now`, no peer but the test.
 *
 * Segments are written as packetdrill writes them, with numbers that count from fixed origins: our
 * ISS is 1000, the peer's ISN is 5000, whatever the real ones are. Every test made with lab_test()
 * runs at several real origins, among them those where sequence numbers wrap.
 *
 *     "S. 5000(0) ack 1001 win 65535 <mss 1460>"   flags SFPRU, '.' is ACK; SEQ(LENGTH), or
 *                                                   SEQ:END(LENGTH) as it is printed
 *
 * An act (lab_arrives(), a user call, lab_advance()) forgets what the act before it gave; the
 * assertions then look at what this one gave. After every act the fixture itself holds that payload
 * lies where its sequence number says, that the right edge that we advertised does not retreat, that
 * nothing goes beyond the peer's but probes, and that something unacknowledged has a timer. */
#ifndef TCPSIM_TESTS_TCB_FIXTURE_H
#define TCPSIM_TESTS_TCB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/tcp/tcp.h"

enum {
    LAB_ISS = 1000,
    LAB_IRS = 5000,
    LAB_MSS = 1460,
    LAB_SEGMENTS = 128, /* most that one act may send */
    LAB_SPANS = 64,
    LAB_STREAM = 1,      /* what we write */
    LAB_PEER_STREAM = 2, /* what the peer writes */
};

struct lab_sent {
    sim_time_t at;
    rule_id why;
    bool retransmission;
    struct segment segment;
};

struct lab {
    struct tcb tcb;
    struct tcp_params params; /* change them before the connection is opened */
    sim_time_t now;
    uint32_t local_shift, peer_shift; /* real sequence number - the one in tests */
    bool edge_may_retreat;            /* a test switched the rule off */
    bool unwatched;                   /* likewise: data may be in flight without a timer */

    /* what the last act gave */
    struct lab_sent sent[LAB_SEGMENTS];
    uint32_t sent_count;
    uint32_t notices;
    bool fired[RULE_END];
    struct tcp_change changes[TCP_OUT_CHANGES * LAB_SEGMENTS];
    uint32_t change_count;

    bool edge_known;
    uint32_t edge; /* the right edge that we advertised last */
    bool end_known;
    uint32_t end;      /* the end of what we sent */
    uint64_t was_read; /* bytes read by lab_reads() */
    struct tcp_span queue[LAB_SPANS], reassembly[LAB_SPANS];
};

/* ---- running -------------------------------------------------------------------------------- */

typedef void lab_fn(struct lab *lab);

struct lab_case {
    lab_fn *fn;
    const char *origin; /* where the case is running, for the message when it fails */
};

void lab_run_everywhere(void **state);
void lab_run_plainly(void **state);
int lab_tell_origin(void **state);

static inline struct CMUnitTest lab_row(const char *name, CMUnitTestFunction run,
                                        struct lab_case *what)
{
    return (struct CMUnitTest){ name, run, NULL, lab_tell_origin, what };
}

/* A row of the table of tests in main(): runs `fn` at every origin, on a new lab each. */
#define lab_test(fn)       lab_row(#fn, lab_run_everywhere, &(struct lab_case){ fn, NULL })
/* The same at the plain origin only, where real numbers are those in the test. */
#define lab_test_plain(fn) lab_row(#fn, lab_run_plainly, &(struct lab_case){ fn, NULL })

/* ---- arranging ------------------------------------------------------------------------------ */

/* CLOSED, at 10 s. */
void lab_init(struct lab *lab, uint32_t local_shift, uint32_t peer_shift);

/* Switch a rule off for this host. */
void lab_without(struct lab *lab, enum rule rule);

/* Reach a state by legitimate segments. SYN-RECEIVED and LISTEN are passive, the others began with
 * an active OPEN. No ACK is owed, no data in flight; our FIN and the peer's as the state says. */
void lab_in_state(struct lab *lab, enum tcp_state state);
void lab_established(struct lab *lab);
void lab_accepted(struct lab *lab); /* ESTABLISHED by a passive OPEN */
void lab_crossed(struct lab *lab);  /* SYN-RECEIVED by a simultaneous open */

/* ---- acting --------------------------------------------------------------------------------- */

/* A segment arrives, written as above with printf's conversions. In CLOSED and LISTEN it meets
 * 3.10.7.1 and 3.10.7.2. The window is 65535 unless it says `win`. */
void lab_arrives(struct lab *lab, const char *format, ...) __attribute__((format(printf, 2, 3)));
void lab_segment_arrives(struct lab *lab, const struct segment *s);

/* The segment that a text describes. */
struct segment lab_parse(const struct lab *lab, const char *text);

void lab_opens(struct lab *lab);
enum sim_status lab_sends(struct lab *lab, uint64_t length);
void lab_reads(struct lab *lab, uint32_t length);
enum sim_status lab_closes(struct lab *lab);
void lab_aborts(struct lab *lab);
void lab_detaches(struct lab *lab);

/* Time passes; every timer runs at its deadline. */
void lab_advance(struct lab *lab, sim_time_t duration);
void lab_advance_to(struct lab *lab, sim_time_t when);

/* ---- looking -------------------------------------------------------------------------------- */

/* Our and the peer's next sequence numbers, and the right edge we advertised, as tests count. */
uint32_t lab_snd_nxt(const struct lab *lab);
uint32_t lab_snd_una(const struct lab *lab);
uint32_t lab_rcv_nxt(const struct lab *lab);
uint32_t lab_rcv_edge(const struct lab *lab);

/* Every segment of the last act, one text each. A text without `win` (or without an option) leaves
 * the window (the options) open. */
#define assert_sent(lab, ...) \
    lab_expect_sent(lab, (const char *const[]){ __VA_ARGS__, NULL }, __FILE__, __LINE__)
#define assert_silent(lab)        lab_expect_sent(lab, (const char *const[]){ NULL }, __FILE__, __LINE__)
/* One segment, <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>. */
#define assert_sent_ack(lab)      lab_expect_ack(lab, __FILE__, __LINE__)
#define assert_state(lab, state)  lab_expect_state(lab, state, __FILE__, __LINE__)
#define assert_rule(lab, rule)    lab_expect_rule(lab, rule, true, __FILE__, __LINE__)
#define assert_no_rule(lab, rule) lab_expect_rule(lab, rule, false, __FILE__, __LINE__)
/* Milliseconds between the start (10 s) and each segment of the last act. */
#define assert_sent_at_ms(lab, ...) \
    lab_expect_times(lab, (const int64_t[]){ __VA_ARGS__, -1 }, __FILE__, __LINE__)
/* The bytes that may be read now: how many; all of them are the peer's, in order. */
#define assert_readable(lab, length)   lab_expect_readable(lab, length, __FILE__, __LINE__)
#define assert_notice(lab, bit)        assert_int_equal((lab)->notices &(bit), bit)
#define assert_no_notice(lab, bit)     assert_int_equal((lab)->notices &(bit), 0)
#define assert_no_timer(lab)           assert_true(lab_next_deadline(lab) == SIM_NEVER)
#define assert_armed(lab, timer, when) lab_expect_armed(lab, timer, when, __FILE__, __LINE__)
#define assert_not_armed(lab, timer)   assert_false(tcb_is_armed(&(lab)->tcb, timer))

sim_time_t lab_next_deadline(const struct lab *lab);

void lab_expect_sent(const struct lab *lab, const char *const *texts, const char *file, int line);
void lab_expect_ack(const struct lab *lab, const char *file, int line);
void lab_expect_state(const struct lab *lab, enum tcp_state state, const char *file, int line);
void lab_expect_rule(const struct lab *lab, enum rule rule, bool cited, const char *file, int line);
void lab_expect_times(const struct lab *lab, const int64_t *times_ms, const char *file, int line);
void lab_expect_readable(const struct lab *lab, uint64_t length, const char *file, int line);
void lab_expect_armed(const struct lab *lab, enum tcp_timer timer, sim_time_t when,
                      const char *file, int line);

#endif
