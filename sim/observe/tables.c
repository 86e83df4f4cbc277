/* Tables of one host's sockets. */
#include "sim/observe/tables.h"

#include "sim/observe/array.h"
#include "sim/observe/canvas.h"
#include "sim/observe/counters.h"
#include "sim/observe/text.h"
#include "sim/observe/utf8.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- lines ---------------------------------------------------------------------------------- */

/* Print a line, cut at the width of the view. */
static void print_line(const char *line, const struct view_style *style, enum ink ink, FILE *out)
{
    size_t length = utf8_bytes_within(line, view_columns(style));
    bool inked = style->colour && ink != INK_PLAIN;
    (void)fprintf(out, "%s%.*s%s\n", inked ? ink_on(ink) : "", (int)length, line,
                  inked ? INK_OFF : "");
}

static void print_heading(const struct sim *sim, host_id host, const char *command,
                          const struct view_style *style, FILE *out)
{
    const char *dot = style->ascii ? "|" : "·";
    struct text line = { 0 };
    text_add(&line, "-- t = ");
    text_add_time(&line, sim_now(sim));
    text_addf(&line, " s %s %s %s %s --", dot, host_name(sim, host), dot, command);
    print_line(text_string(&line), style, INK_TITLE, out);
    text_free(&line);
}

/* "10.0.0.2:80", "[fd00::2]:80" (RFC 5952 6), "0.0.0.0:*" for a listener's peer. */
static void format_endpoint(const struct ip_addr *addr, uint16_t port, char *text, size_t size)
{
    char plain[IP_ADDR_TEXT_MAX];
    char number[8] = "*";
    bool is_v6 = !ip_addr_is_v4(addr) && !ip_addr_is_unspecified(addr);
    const char *name = ip_addr_is_unspecified(addr) ? "0.0.0.0" : ip_addr_format(addr, plain);
    if (port != 0) {
        (void)snprintf(number, sizeof number, "%u", (unsigned)port);
    }
    (void)snprintf(text, size, is_v6 ? "[%s]:%s" : "%s:%s", name, number);
}

enum { ENDPOINT_MAX = IP_ADDR_TEXT_MAX + 10, ENDPOINT_COLUMNS = 23 };

/* ---- what is left out ----------------------------------------------------------------------- */

/* Records come in heaps in two states only: a flood's half-open ones, and TIME-WAIT. */
static bool comes_in_heaps(enum tcp_state state)
{
    return state == TCP_SYN_RECEIVED || state == TCP_TIME_WAIT;
}

struct heap {
    size_t shown, left_out;
};

/* Whether this record is still shown. One more than allowed is shown, too: a line that says "1
 * more" would take its place. */
static bool show_record(struct heap heaps[TCP_STATE_COUNT], const struct tcp_status *socket,
                        size_t total, const struct table_options *options)
{
    struct heap *heap = &heaps[socket->state];
    size_t max = options->alike_max == 0 ? TABLES_ALIKE_DEFAULT : options->alike_max;
    if (comes_in_heaps(socket->state) && total > max + 1 && heap->shown >= max) {
        heap->left_out++;
        return false;
    }
    heap->shown++;
    return true;
}

static size_t count_state(const struct tcp_status *sockets, size_t count, enum tcp_state state)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += sockets[i].state == state;
    }
    return found;
}

/* How many half-open connections the listeners keep in all; 0 where it is not known. */
static uint64_t syn_queue_limit(const struct tcp_status *sockets, size_t count)
{
    uint64_t limit = 0;
    for (size_t i = 0; i < count; i++) {
        limit += sockets[i].state == TCP_LISTEN ? sockets[i].syn_queue_max : 0;
    }
    return limit;
}

/* "   … 7 more SYN_RECV (SYN queue: 8 of 8) …" */
static void print_left_out(const struct heap heaps[TCP_STATE_COUNT], uint64_t syn_limit,
                           const char *(*name)(enum tcp_state), const struct view_style *style,
                           FILE *out)
{
    const char *dots = style->ascii ? "..." : "…";
    for (int state = 0; state < TCP_STATE_COUNT; state++) {
        const struct heap *heap = &heaps[state];
        if (heap->left_out == 0) {
            continue;
        }
        struct text line = { 0 };
        text_addf(&line, "   %s ", dots);
        text_add_count(&line, heap->left_out);
        text_addf(&line, " more %s", name((enum tcp_state)state));
        if (state == TCP_SYN_RECEIVED) {
            text_add(&line, " (SYN queue: ");
            text_add_count(&line, heap->left_out + heap->shown);
            if (syn_limit > 0) {
                text_add(&line, " of ");
                text_add_count(&line, syn_limit);
            }
            text_add(&line, ")");
        }
        text_addf(&line, " %s", dots);
        print_line(text_string(&line), style, INK_WARN, out);
        text_free(&line);
    }
}

static enum ink state_ink(enum tcp_state state)
{
    return comes_in_heaps(state) ? INK_WARN : INK_PLAIN;
}

/* ---- netstat -ant --------------------------------------------------------------------------- */

static void print_netstat_row(const struct tcp_status *s, const struct view_style *style, FILE *out)
{
    char local[ENDPOINT_MAX];
    char remote[ENDPOINT_MAX];
    struct text line = { 0 };
    /* netstat shows a listener's queues as 0: only ss tells them. */
    uint64_t receive = s->state == TCP_LISTEN ? 0 : s->receive_queue_bytes;
    uint64_t send = s->state == TCP_LISTEN ? 0 : s->send_queue_bytes;
    format_endpoint(&s->local_addr, s->local_port, local, sizeof local);
    format_endpoint(&s->remote_addr, s->remote_port, remote, sizeof remote);
    bool is_v6 = !ip_addr_is_v4(&s->local_addr) && !ip_addr_is_unspecified(&s->local_addr);
    text_addf(&line, "%-5s %6" PRIu64 " %6" PRIu64 " %-*s %-*s %s", is_v6 ? "tcp6" : "tcp", receive,
              send, ENDPOINT_COLUMNS, local, ENDPOINT_COLUMNS, remote,
              tcp_state_netstat_name(s->state));
    print_line(text_string(&line), style, state_ink(s->state), out);
    text_free(&line);
}

bool tables_render_netstat(const struct tcp_status *sockets, size_t count,
                           const struct table_options *options, FILE *out)
{
    struct heap heaps[TCP_STATE_COUNT] = { { 0, 0 } };
    struct text line = { 0 };
    text_addf(&line, "%-5s %6s %6s %-*s %-*s %s", "Proto", "Recv-Q", "Send-Q", ENDPOINT_COLUMNS,
              "Local Address", ENDPOINT_COLUMNS, "Foreign Address", "State");
    print_line(text_string(&line), &options->style, INK_FAINT, out);
    bool complete = !line.failed;
    text_free(&line);
    for (size_t i = 0; i < count; i++) {
        size_t total = count_state(sockets, count, sockets[i].state);
        if (show_record(heaps, &sockets[i], total, options)) {
            print_netstat_row(&sockets[i], &options->style, out);
        }
    }
    print_left_out(heaps, syn_queue_limit(sockets, count), tcp_state_netstat_name, &options->style,
                   out);
    return complete && !ferror(out);
}

/* ---- ss -tan -------------------------------------------------------------------------------- */

/* "970ms", "3.060sec", "59sec", "1min59sec": only as fine as it matters, as ss. (ss itself writes
 * 3.060 seconds as "3.060ms".) */
static void add_time_left(struct text *line, sim_time_t left)
{
    uint64_t ms = (uint64_t)(left / SIM_MILLISECOND);
    uint64_t seconds = ms / 1000 % 60;
    uint64_t minutes = ms / 60000;
    ms %= 1000;
    if (minutes > 0) {
        text_addf(line, "%" PRIu64 "min", minutes);
        if (minutes <= 9 && seconds > 0) {
            text_addf(line, "%" PRIu64 "sec", seconds);
        }
    } else if (seconds > 9 || (seconds > 0 && ms == 0)) {
        text_addf(line, "%" PRIu64 "sec", seconds);
    } else if (seconds > 0) {
        text_addf(line, "%" PRIu64 ".%03" PRIu64 "sec", seconds, ms);
    } else {
        text_addf(line, "%" PRIu64 "ms", ms);
    }
}

/* "timer:(on,800ms,2)": name, time left, retransmissions, as ss -o. */
static void add_timer(struct text *line, const struct tcp_status *s, sim_time_t now)
{
    if (s->timer == NULL || s->timer_expires == SIM_NEVER) {
        return;
    }
    text_addf(line, "timer:(%s,", s->timer);
    add_time_left(line, s->timer_expires > now ? s->timer_expires - now : 0);
    text_addf(line, ",%u)", (unsigned)s->backoff);
}

/* Columns of the two ends. They are as wide as what they hold: the timer is last, and would be cut
 * at 80 columns beside ends of a fixed width. */
struct ss_widths {
    int local, remote;
};

static int wider(int width, const char *text)
{
    int of_text = utf8_width(text);
    return of_text > width ? of_text : width;
}

static struct ss_widths ss_widths(const struct tcp_status *sockets, size_t count)
{
    struct ss_widths widths = { wider(0, "Local"), wider(0, "Peer") };
    for (size_t i = 0; i < count; i++) {
        char text[ENDPOINT_MAX];
        format_endpoint(&sockets[i].local_addr, sockets[i].local_port, text, sizeof text);
        widths.local = wider(widths.local, text);
        format_endpoint(&sockets[i].remote_addr, sockets[i].remote_port, text, sizeof text);
        widths.remote = wider(widths.remote, text);
    }
    return widths;
}

static void print_ss_heading(const struct ss_widths *widths, const struct view_style *style,
                             FILE *out)
{
    struct text line = { 0 };
    text_addf(&line, "%-10s %6s %6s %-*s %-*s Timer", "State", "Recv-Q", "Send-Q", widths->local,
              "Local", widths->remote, "Peer");
    print_line(text_string(&line), style, INK_FAINT, out);
    text_free(&line);
}

static void print_ss_row(const struct tcp_status *s, const struct ss_widths *widths, sim_time_t now,
                         const struct view_style *style, FILE *out)
{
    char local[ENDPOINT_MAX];
    char remote[ENDPOINT_MAX];
    struct text line = { 0 };
    format_endpoint(&s->local_addr, s->local_port, local, sizeof local);
    format_endpoint(&s->remote_addr, s->remote_port, remote, sizeof remote);
    text_addf(&line, "%-10s %6" PRIu64 " %6" PRIu64 " %-*s %-*s ", tcp_state_ss_name(s->state),
              s->receive_queue_bytes, s->send_queue_bytes, widths->local, local, widths->remote,
              remote);
    add_timer(&line, s, now);
    while (line.length > 0 && line.bytes[line.length - 1] == ' ') {
        line.bytes[--line.length] = '\0';
    }
    print_line(text_string(&line), style, state_ink(s->state), out);
    text_free(&line);
}

bool tables_render_ss(const struct tcp_status *sockets, size_t count, sim_time_t now,
                      const struct table_options *options, FILE *out)
{
    struct heap heaps[TCP_STATE_COUNT] = { { 0, 0 } };
    const struct ss_widths widths = ss_widths(sockets, count);
    print_ss_heading(&widths, &options->style, out);
    for (size_t i = 0; i < count; i++) {
        size_t total = count_state(sockets, count, sockets[i].state);
        if (show_record(heaps, &sockets[i], total, options)) {
            print_ss_row(&sockets[i], &widths, now, &options->style, out);
        }
    }
    print_left_out(heaps, syn_queue_limit(sockets, count), tcp_state_ss_name, &options->style, out);
    return !ferror(out);
}

/* ---- netstat -s ----------------------------------------------------------------------------- */

static void print_counter(uint64_t value, const char *words, const struct view_style *style,
                          FILE *out)
{
    struct text line = { 0 };
    text_addf(&line, "    %" PRIu64 " %s", value, words);
    print_line(text_string(&line), style, INK_PLAIN, out);
    text_free(&line);
}

bool tables_render_stats(const struct host_stats *stats, const struct table_options *options,
                         FILE *out)
{
    const struct view_style *style = &options->style;
    print_line("Tcp:", style, INK_TITLE, out);
#define PRINT(name, words) print_counter(stats->name, words, style, out);
    HOST_COUNTERS_TCP(PRINT)
#undef PRINT
    print_line("TcpExt:", style, INK_TITLE, out);
#define PRINT(name, words)                             \
    if (stats->name != 0) {                            \
        print_counter(stats->name, words, style, out); \
    }
    HOST_COUNTERS_EXTENDED(PRINT)
#undef PRINT
    return !ferror(out);
}

/* ---- of a live host ------------------------------------------------------------------------- */

struct socket_list {
    struct tcp_status *items;
    size_t count, capacity;
    bool failed;
};

static void add_socket(void *context, conn_id conn, const struct tcp_status *status)
{
    struct socket_list *list = context;
    (void)conn;
    struct tcp_status *items =
        array_reserve(list->items, &list->capacity, list->count + 1, sizeof *items);
    if (items == NULL) {
        list->failed = true;
        return;
    }
    list->items = items;
    items[list->count++] = *status;
}

bool tables_print_netstat(const struct sim *sim, host_id host, const struct table_options *options,
                          FILE *out)
{
    struct socket_list list = { 0 };
    host_each_socket(sim, host, add_socket, &list);
    print_heading(sim, host, "netstat -ant", &options->style, out);
    bool printed = tables_render_netstat(list.items, list.count, options, out);
    free(list.items);
    return printed && !list.failed;
}

bool tables_print_ss(const struct sim *sim, host_id host, const struct table_options *options,
                     FILE *out)
{
    struct socket_list list = { 0 };
    host_each_socket(sim, host, add_socket, &list);
    print_heading(sim, host, "ss -tano", &options->style, out);
    bool printed = tables_render_ss(list.items, list.count, sim_now(sim), options, out);
    free(list.items);
    return printed && !list.failed;
}

bool tables_print_stats(const struct sim *sim, host_id host, const struct table_options *options,
                        FILE *out)
{
    print_heading(sim, host, "netstat -s", &options->style, out);
    return tables_render_stats(host_get_stats(sim, host), options, out);
}
