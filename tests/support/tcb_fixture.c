#include "tests/support/tcb_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/common.h"
#include "sim/base/seq.h"
#include "sim/wire/options.h"

#define START (10 * SIM_SECOND)

enum { LINE_MAX_BYTES = 256 };

/* ---- running -------------------------------------------------------------------------------- */

struct origin {
    const char *name;
    uint32_t iss, irs;
};

static const struct origin origins[] = {
    { "plain", LAB_ISS, LAB_IRS },
    { "both SYNs have the last number", UINT32_MAX, UINT32_MAX },
    { "both cross 2^31", 0x7fffffff, 0x7fffffff },
    { "we begin at 2^31, the peer's data wraps", 0x80000000, UINT32_MAX - 700 },
    { "our data wraps, the peer begins at 0", UINT32_MAX - 700, 0 },
};

static void run_at(struct lab_case *c, const struct origin *origin)
{
    struct lab lab;
    c->origin = origin->name;
    lab_init(&lab, origin->iss - LAB_ISS, origin->irs - LAB_IRS);
    c->fn(&lab);
    c->origin = NULL;
}

void lab_run_everywhere(void **state)
{
    for (size_t i = 0; i < COUNT_OF(origins); i++) {
        run_at(*state, &origins[i]);
    }
}

void lab_run_plainly(void **state)
{
    run_at(*state, &origins[0]);
}

int lab_tell_origin(void **state)
{
    const struct lab_case *c = *state;
    if (c->origin != NULL) {
        print_error("at the origin \"%s\"\n", c->origin);
    }
    return 0;
}

/* ---- segments as text ----------------------------------------------------------------------- */

static const struct {
    char letter;
    uint16_t flag;
} letters[] = {
    { 'F', TCP_FIN }, { 'S', TCP_SYN }, { 'R', TCP_RST }, { 'P', TCP_PSH },
    { 'E', TCP_ECE }, { 'W', TCP_CWR }, { 'U', TCP_URG }, { '.', TCP_ACK },
};

static uint16_t flag_of(char letter)
{
    for (size_t i = 0; i < COUNT_OF(letters); i++) {
        if (letters[i].letter == letter) {
            return letters[i].flag;
        }
    }
    fail_msg("no flag is written '%c'", letter);
    return 0;
}

static uint32_t parse_number(const char **text)
{
    char *end;
    unsigned long value = strtoul(*text, &end, 10);
    if (end == *text) {
        fail_msg("a number is missing at \"%s\"", *text);
    }
    *text = end;
    return (uint32_t)value;
}

static bool eat(const char **text, const char *word)
{
    while (**text == ' ') {
        (*text)++;
    }
    if (strncmp(*text, word, strlen(word)) != 0) {
        return false;
    }
    *text += strlen(word);
    return true;
}

struct segment lab_parse(const struct lab *lab, const char *text)
{
    struct segment s = { .window = 65535 };
    const char *at = text;
    while (*at != ' ') {
        s.flags |= flag_of(*at++);
    }
    (void)eat(&at, "");
    uint32_t seq = parse_number(&at);
    s.seq = seq + lab->peer_shift;
    bool has_end = eat(&at, ":");
    uint32_t end = has_end ? parse_number(&at) : 0;
    assert_true(eat(&at, "("));
    s.payload.length = parse_number(&at);
    assert_true(eat(&at, ")"));
    if (has_end) {
        assert_int_equal(end, seq + s.payload.length);
    }
    if (s.payload.length > 0) {
        uint32_t first = seq + ((s.flags & TCP_SYN) != 0);
        s.payload.stream = LAB_PEER_STREAM;
        s.payload.offset = (uint64_t)(int64_t)(int32_t)(first - LAB_IRS - 1);
    }
    if (eat(&at, "ack ")) {
        s.ack = parse_number(&at) + lab->local_shift;
    }
    if (eat(&at, "win ")) {
        s.window = (uint16_t)parse_number(&at);
    }
    if (eat(&at, "<mss ")) {
        options_add_mss(&s, (uint16_t)parse_number(&at));
        assert_true(eat(&at, ">"));
    }
    (void)eat(&at, "");
    if (*at != '\0') {
        fail_msg("\"%s\" is not understood in \"%s\"", at, text);
    }
    return s;
}

/* Write our segment as tests count. */
static void format_sent(const struct lab *lab, const struct segment *s, char *text)
{
    char *at = text;
    char *limit = text + LINE_MAX_BYTES;
    for (size_t i = 0; i < COUNT_OF(letters); i++) {
        if ((s->flags & letters[i].flag) != 0) {
            *at++ = letters[i].letter;
        }
    }
    uint32_t seq = s->seq - lab->local_shift;
    at += snprintf(at, (size_t)(limit - at), " %" PRIu32 ":%" PRIu32 "(%" PRIu32 ")", seq,
                   seq + s->payload.length, s->payload.length);
    if ((s->flags & TCP_ACK) != 0) {
        at += snprintf(at, (size_t)(limit - at), " ack %" PRIu32, s->ack - lab->peer_shift);
    }
    if ((s->flags & TCP_RST) == 0) {
        at += snprintf(at, (size_t)(limit - at), " win %u", (unsigned)s->window);
    }
    char options[TCP_OPTIONS_TEXT_MAX];
    if (tcp_options_format(s, options, sizeof options) > 0) {
        (void)snprintf(at, (size_t)(limit - at), " <%s>", options);
    }
}

/* Take away what the expectation left open. */
static void cut_to(char *text, const char *wanted)
{
    if (strstr(wanted, " win ") == NULL && strstr(text, " win ") != NULL) {
        char *window = strstr(text, " win ");
        char *after = strchr(window + 5, ' ');
        memmove(window, after != NULL ? after : "", after != NULL ? strlen(after) + 1 : 1);
    }
    if (strchr(wanted, '<') == NULL && strstr(text, " <") != NULL) {
        *strstr(text, " <") = '\0';
    }
}

/* ---- after every call ----------------------------------------------------------------------- */

static void begin_act(struct lab *lab)
{
    lab->sent_count = 0;
    lab->notices = 0;
    lab->change_count = 0;
    memset(lab->fired, 0, sizeof lab->fired);
}

/* The byte at iss + 1 + n is byte n of our stream, however often it is sent. */
static void check_payload(const struct lab *lab, const struct segment *s)
{
    uint32_t first = s->seq + ((s->flags & TCP_SYN) != 0);
    if (s->payload.length > 0) {
        assert_int_equal(s->payload.stream, LAB_STREAM);
        assert_int_equal((uint32_t)s->payload.offset, first - lab->tcb.snd.iss - 1);
        assert_true(s->payload.offset + s->payload.length <= lab->tcb.snd.written);
    }
}

static void check_our_edge(struct lab *lab, const struct segment *s)
{
    if ((s->flags & TCP_ACK) == 0 || (s->flags & TCP_RST) != 0) {
        return;
    }
    uint32_t edge = s->ack + s->window;
    assert_true(!lab->edge_known || seq_geq(edge, lab->edge) || lab->edge_may_retreat);
    lab->edge_known = true;
    lab->edge = edge;
}

/* Only a probe, or what was sent before, may lie beyond the peer's window. */
static void check_their_edge(struct lab *lab, const struct lab_sent *sent)
{
    const struct segment *s = &sent->segment;
    const struct tcb *t = &lab->tcb;
    uint32_t length = segment_length(s);
    if (length == 0) {
        return;
    }
    uint32_t end = s->seq + length;
    bool again = lab->end_known && seq_leq(end, lab->end);
    bool probe = sent->why == RULE_PERSIST && length == 1;
    bool syn = (s->flags & TCP_SYN) != 0;
    assert_true(syn || again || probe || seq_leq(end, t->snd.una + t->snd.wnd));
    lab->end = lab->end_known ? seq_max(lab->end, end) : end;
    lab->end_known = true;
}

static void check_watched(const struct lab *lab)
{
    const struct tcb *t = &lab->tcb;
    bool in_flight = t->snd.una != t->snd.max;
    bool waiting = tcb_is_synchronized(t) && t->snd.acked != t->snd.written;
    if (t->state > TCP_LISTEN && (in_flight || waiting) && !lab->unwatched) {
        assert_true(tcb_is_armed(t, TCP_TIMER_REXMT) || tcb_is_armed(t, TCP_TIMER_PERSIST));
    }
}

/* What the call gave is kept, looked at, and made room for more of. */
static void keep(struct lab *lab, const struct tcp_out *out)
{
    for (uint32_t i = 0; i < out->segment_count; i++) {
        assert_true(lab->sent_count < LAB_SEGMENTS);
        const struct tcp_out_segment *from = &out->segments[i];
        struct lab_sent *to = &lab->sent[lab->sent_count++];
        *to = (struct lab_sent){ lab->now, from->why, from->retransmission, from->segment };
        lab->fired[from->why] = true;
        check_payload(lab, &to->segment);
        check_our_edge(lab, &to->segment);
        check_their_edge(lab, to);
    }
    for (uint32_t i = 0; i < out->rule_count; i++) {
        lab->fired[out->rules[i]] = true;
    }
    for (uint32_t i = 0; i < out->change_count; i++) {
        lab->changes[lab->change_count++] = out->changes[i];
    }
    lab->notices |= out->notices;
}

static void apply(struct lab *lab, struct tcp_out *out)
{
    keep(lab, out);
    while (out->more) {
        tcp_out_init(out);
        tcp_output(&lab->tcb, lab->now, out);
        keep(lab, out);
    }
    tcb_check(&lab->tcb);
    check_watched(lab);
}

/* ---- arranging ------------------------------------------------------------------------------ */

static void give_spans(struct lab *lab)
{
    lab->tcb.rcv.queue = (struct tcp_spans){ lab->queue, 0, 0, LAB_SPANS };
    lab->tcb.rcv.reassembly = (struct tcp_spans){ lab->reassembly, 0, 0, LAB_SPANS };
}

void lab_init(struct lab *lab, uint32_t local_shift, uint32_t peer_shift)
{
    memset(lab, 0, sizeof *lab);
    lab->params = tcp_params_default();
    lab->now = START;
    lab->local_shift = local_shift;
    lab->peer_shift = peer_shift;
    tcb_init(&lab->tcb, &lab->params, LAB_MSS);
    give_spans(lab);
}

void lab_without(struct lab *lab, enum rule rule)
{
    assert_true(rule_get((rule_id)rule)->can_be_off);
    rule_set_add(&lab->params.rules_off, (rule_id)rule);
}

static void listen(struct lab *lab)
{
    tcb_init(&lab->tcb, &lab->params, LAB_MSS); /* the parameters may have changed */
    give_spans(lab);
    lab->tcb.state = TCP_LISTEN;
}

void lab_accepted(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, ". 5001(0) ack 1001");
}

void lab_crossed(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "S 5000(0) win 65535 <mss 1460>");
}

void lab_established(struct lab *lab)
{
    lab_in_state(lab, TCP_ESTABLISHED);
}

static void reach_established(struct lab *lab)
{
    lab_opens(lab);
    lab_arrives(lab, "S. 5000(0) ack 1001 win 65535 <mss 1460>");
}

/* From ESTABLISHED, by CLOSE and what the peer answers. */
static void reach_closing_state(struct lab *lab, enum tcp_state state)
{
    bool peer_first = state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK;
    if (peer_first) {
        lab_arrives(lab, "F. 5001(0) ack 1001");
        lab_advance(lab, lab->params.delayed_ack);
    }
    if (state != TCP_CLOSE_WAIT) {
        (void)lab_closes(lab);
    }
    if (state == TCP_CLOSING) {
        lab_arrives(lab, "F. 5001(0) ack 1001");
    }
    if (state == TCP_FIN_WAIT_2 || state == TCP_TIME_WAIT) {
        lab_arrives(lab, ". 5001(0) ack 1002");
    }
    if (state == TCP_TIME_WAIT) {
        lab_arrives(lab, "F. 5001(0) ack 1002");
    }
}

void lab_in_state(struct lab *lab, enum tcp_state state)
{
    switch (state) {
    case TCP_CLOSED:
        break;
    case TCP_LISTEN:
        listen(lab);
        break;
    case TCP_SYN_SENT:
        lab_opens(lab);
        break;
    case TCP_SYN_RECEIVED:
        listen(lab);
        lab_arrives(lab, "S 5000(0) win 65535 <mss 1460>");
        break;
    case TCP_ESTABLISHED:
        reach_established(lab);
        break;
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
        reach_established(lab);
        reach_closing_state(lab, state);
        break;
    case TCP_STATE_COUNT:
        fail_msg("no such state");
    }
    assert_int_equal(lab->tcb.state, state);
}

/* ---- acting --------------------------------------------------------------------------------- */

static void listener_takes(struct lab *lab, const struct segment *s, struct tcp_out *out)
{
    struct tcb child;
    uint32_t iss = LAB_ISS + lab->local_shift;
    tcp_listen_segment_arrives(&child, &lab->params, LAB_MSS, s, iss, lab->now, out);
    if (tcp_listen_accepts(s)) {
        lab->tcb = child;
        lab->tcb.snd.stream = LAB_STREAM;
        give_spans(lab);
    }
}

void lab_segment_arrives(struct lab *lab, const struct segment *s)
{
    struct tcp_out out;
    tcp_out_init(&out);
    begin_act(lab);
    if (lab->tcb.state == TCP_CLOSED) {
        tcp_closed_segment_arrives(&lab->params, s, &out);
        lab->edge_known = false; /* what comes is for nobody */
        lab->end_known = false;
    } else if (lab->tcb.state == TCP_LISTEN) {
        listener_takes(lab, s, &out);
    } else {
        tcp_segment_arrives(&lab->tcb, s, lab->now, &out);
    }
    apply(lab, &out);
}

void lab_arrives(struct lab *lab, const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct segment s = lab_parse(lab, text);
    lab_segment_arrives(lab, &s);
}

void lab_opens(struct lab *lab)
{
    struct tcp_out out;
    tcp_out_init(&out);
    begin_act(lab);
    tcb_init(&lab->tcb, &lab->params, LAB_MSS); /* the parameters may have changed */
    give_spans(lab);
    tcp_user_open(&lab->tcb, LAB_ISS + lab->local_shift, LAB_STREAM, lab->now, &out);
    apply(lab, &out);
}

enum sim_status lab_sends(struct lab *lab, uint64_t length)
{
    struct tcp_out out;
    tcp_out_init(&out);
    begin_act(lab);
    enum sim_status status = tcp_user_send(&lab->tcb, length, lab->now, &out);
    apply(lab, &out);
    return status;
}

/* The queue holds the peer's bytes from the first that was not read, without a gap. */
static uint64_t readable(const struct lab *lab)
{
    const struct tcp_spans *queue = &lab->tcb.rcv.queue;
    uint64_t next = lab->was_read;
    for (uint32_t i = 0; i < queue->count; i++) {
        const struct payload *part = &queue->spans[queue->first + i].payload;
        assert_int_equal(part->stream, LAB_PEER_STREAM);
        assert_int_equal(part->offset, next);
        assert_true(part->length > 0);
        next += part->length;
    }
    assert_int_equal(next - lab->was_read, lab->tcb.rcv.unread);
    return next - lab->was_read;
}

static void take(struct lab *lab, uint32_t length)
{
    struct tcp_spans *queue = &lab->tcb.rcv.queue;
    while (length > 0) {
        struct tcp_span *span = &queue->spans[queue->first];
        uint32_t part = min_u32(length, span->payload.length);
        span->seq += part;
        span->payload.offset += part;
        span->payload.length -= part;
        if (span->payload.length == 0) {
            queue->first++;
            queue->count--;
        }
        lab->was_read += part;
        length -= part;
    }
}

void lab_reads(struct lab *lab, uint32_t length)
{
    struct tcp_out out;
    tcp_out_init(&out);
    begin_act(lab);
    assert_true(readable(lab) >= length);
    take(lab, length);
    tcp_user_received(&lab->tcb, length, lab->now, &out);
    apply(lab, &out);
}

enum sim_status lab_closes(struct lab *lab)
{
    struct tcp_out out;
    tcp_out_init(&out);
    begin_act(lab);
    enum sim_status status = tcp_user_close(&lab->tcb, lab->now, &out);
    apply(lab, &out);
    return status;
}

void lab_aborts(struct lab *lab)
{
    struct tcp_out out;
    tcp_out_init(&out);
    begin_act(lab);
    tcp_user_abort(&lab->tcb, lab->now, &out);
    apply(lab, &out);
}

void lab_detaches(struct lab *lab)
{
    struct tcp_out out;
    tcp_out_init(&out);
    begin_act(lab);
    tcp_user_detach(&lab->tcb, lab->now, &out);
    apply(lab, &out);
}

sim_time_t lab_next_deadline(const struct lab *lab)
{
    enum tcp_timer timer;
    return tcb_next_deadline(&lab->tcb, &timer);
}

void lab_advance_to(struct lab *lab, sim_time_t when)
{
    begin_act(lab);
    while (lab_next_deadline(lab) <= when) {
        struct tcp_out out;
        tcp_out_init(&out);
        lab->now = lab_next_deadline(lab);
        tcp_timeout(&lab->tcb, lab->now, &out);
        apply(lab, &out);
    }
    lab->now = when;
}

void lab_advance(struct lab *lab, sim_time_t duration)
{
    lab_advance_to(lab, lab->now + duration);
}

/* ---- looking -------------------------------------------------------------------------------- */

uint32_t lab_snd_nxt(const struct lab *lab)
{
    return lab->tcb.snd.nxt - lab->local_shift;
}

uint32_t lab_snd_una(const struct lab *lab)
{
    return lab->tcb.snd.una - lab->local_shift;
}

uint32_t lab_rcv_nxt(const struct lab *lab)
{
    return lab->tcb.rcv.nxt - lab->peer_shift;
}

uint32_t lab_rcv_edge(const struct lab *lab)
{
    return lab->tcb.rcv.edge - lab->peer_shift;
}

static void print_lists(const struct lab *lab, const char *const *texts)
{
    print_error("wanted:\n");
    for (size_t i = 0; texts[i] != NULL; i++) {
        print_error("    %s\n", texts[i]);
    }
    print_error("sent:\n");
    for (uint32_t i = 0; i < lab->sent_count; i++) {
        char line[LINE_MAX_BYTES];
        format_sent(lab, &lab->sent[i].segment, line);
        print_error("    %s   (%s)\n", line, rule_get(lab->sent[i].why)->name);
    }
}

static bool is_as_wanted(const struct lab *lab, const struct segment *s, const char *wanted)
{
    char line[LINE_MAX_BYTES];
    format_sent(lab, s, line);
    cut_to(line, wanted);
    return strcmp(line, wanted) == 0;
}

void lab_expect_sent(const struct lab *lab, const char *const *texts, const char *file, int line)
{
    uint32_t count = 0;
    bool same = true;
    for (; texts[count] != NULL; count++) {
        same = same && count < lab->sent_count &&
               is_as_wanted(lab, &lab->sent[count].segment, texts[count]);
    }
    if (!same || count != lab->sent_count) {
        print_lists(lab, texts);
        _fail(file, line);
    }
}

void lab_expect_ack(const struct lab *lab, const char *file, int line)
{
    char text[LINE_MAX_BYTES];
    uint32_t seq = lab->tcb.snd.max - lab->local_shift;
    (void)snprintf(text, sizeof text, ". %" PRIu32 ":%" PRIu32 "(0) ack %" PRIu32, seq, seq,
                   lab_rcv_nxt(lab));
    lab_expect_sent(lab, (const char *const[]){ text, NULL }, file, line);
}

void lab_expect_state(const struct lab *lab, enum tcp_state state, const char *file, int line)
{
    if (lab->tcb.state != state) {
        print_error("state %s, wanted %s\n", tcp_state_name(lab->tcb.state), tcp_state_name(state));
        _fail(file, line);
    }
}

void lab_expect_rule(const struct lab *lab, enum rule rule, bool cited, const char *file, int line)
{
    if (lab->fired[rule] != cited) {
        print_error("rule %s %s; cited:", rule_get((rule_id)rule)->name,
                    cited ? "is missing" : "should not be there");
        for (rule_id i = 1; i < RULE_END; i++) {
            if (lab->fired[i]) {
                print_error(" %s", rule_get(i)->name);
            }
        }
        print_error("\n");
        _fail(file, line);
    }
}

void lab_expect_times(const struct lab *lab, const int64_t *times_ms, const char *file, int line)
{
    uint32_t count = 0;
    bool same = true;
    for (; times_ms[count] >= 0; count++) {
        sim_time_t when = START + times_ms[count] * SIM_MILLISECOND;
        same = same && count < lab->sent_count && lab->sent[count].at == when;
    }
    if (!same || count != lab->sent_count) {
        print_error("sent at (ms):");
        for (uint32_t i = 0; i < lab->sent_count; i++) {
            print_error(" %.6f", (double)(lab->sent[i].at - START) / 1e6);
        }
        print_error("\n");
        _fail(file, line);
    }
}

void lab_expect_readable(const struct lab *lab, uint64_t length, const char *file, int line)
{
    uint64_t found = readable(lab);
    if (found != length) {
        print_error("%" PRIu64 " bytes are readable, wanted %" PRIu64 "\n", found, length);
        _fail(file, line);
    }
}

void lab_expect_armed(const struct lab *lab, enum tcp_timer timer, sim_time_t when,
                      const char *file, int line)
{
    sim_time_t deadline = lab->tcb.deadline[timer];
    if (deadline != when) {
        print_error("timer %s expires in %.6f s, wanted %.6f s\n", tcp_timer_name(timer),
                    deadline == SIM_NEVER ? -1.0 : (double)(deadline - lab->now) / 1e9,
                    (double)(when - lab->now) / 1e9);
        _fail(file, line);
    }
}
