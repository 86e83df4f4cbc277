/* The trace. A line is put together in full, then written at once. */
#include "sim/observe/trace.h"

#include "sim/observe/lateness.h"
#include "sim/observe/names.h"
#include "sim/observe/text.h"
#include "sim/observe/utf8.h"

#include <inttypes.h>
#include <stdlib.h>

enum { RULE_COLUMN = 72, NAME_COLUMNS = 8, TIME_COLUMNS = 8, QUOTE_COLUMNS = 32 };

struct trace {
    struct trace_options options;
    FILE *out;
    struct text line;
};

struct trace *trace_create(const struct trace_options *options, FILE *out)
{
    struct trace *trace = calloc(1, sizeof *trace);
    if (trace != NULL) {
        trace->options = *options;
        trace->out = out;
    }
    return trace;
}

void trace_destroy(struct trace *trace)
{
    if (trace != NULL) {
        text_free(&trace->line);
        free(trace);
    }
}

enum sim_status trace_attach(struct trace *trace, struct sim *sim)
{
    return sim_observe(sim, trace_observe, trace);
}

bool trace_finish(struct trace *trace)
{
    bool flushed = fflush(trace->out) == 0;
    return flushed && !trace->line.failed && !ferror(trace->out);
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void pad_to(struct text *line, int column)
{
    for (int width = utf8_width(text_string(line)); width < column; width++) {
        text_add(line, " ");
    }
}

/* "   0.010 server   <": time, name, sign. */
static void begin_line(struct trace *trace, const char *name, sim_time_t time, const char *sign)
{
    struct text when = { 0 };
    text_add_time(&when, time);
    text_clear(&trace->line);
    pad_to(&trace->line, TIME_COLUMNS - (int)when.length);
    text_addf(&trace->line, "%s %s", text_string(&when), name);
    pad_to(&trace->line, TIME_COLUMNS + 1 + NAME_COLUMNS);
    text_addf(&trace->line, " %s", sign);
    text_free(&when);
}

static void end_line(struct trace *trace)
{
    (void)fputs(text_string(&trace->line), trace->out);
    (void)fputc('\n', trace->out);
}

/* The rules, beside the line in one column. */
static void end_line_with_rules(struct trace *trace, const struct sim_fact *fact)
{
    struct text *line = &trace->line;
    if (trace->options.rules == TRACE_RULES_NONE || fact->rule_count == 0) {
        end_line(trace);
        return;
    }
    for (uint8_t i = 0; i < fact->rule_count; i++) {
        const struct rule_info *rule = rule_get(fact->rules[i]);
        if (trace->options.rules == TRACE_RULES_NAMES) {
            pad_to(line, i == 0 ? RULE_COLUMN : 0);
            text_addf(line, "%s%s", i == 0 ? "  # " : ", ", rule->name);
            continue;
        }
        pad_to(line, RULE_COLUMN);
        text_addf(line, "  # %s (%s %s): %s", rule->name, rule->source, rule->section,
                  rule->sentence);
        end_line(trace);
        text_clear(line);
    }
    if (trace->options.rules == TRACE_RULES_NAMES) {
        end_line(trace);
    }
}

/* ---- packets -------------------------------------------------------------------------------- */

static void add_packet(struct trace *trace, const struct sim *sim, const struct packet *packet,
                       host_id sender)
{
    char address[IP_ADDR_TEXT_MAX];
    struct text *line = &trace->line;
    text_add(line, " ");
    if (trace->options.ports) {
        text_addf(line, "[%u > %u] ", (unsigned)packet->tcp.source_port,
                  (unsigned)packet->tcp.destination_port);
    }
    text_add_segment(line, &packet->tcp);
    if (packet->copy_of != 0) {
        text_add(line, " (copy)");
    }
    if (packet->corrupted) {
        text_add(line, " (corrupted)");
    }
    host_id owner = host_by_address(sim, &packet->source);
    if (owner == HOST_NONE || (sender != HOST_NONE && owner != sender)) {
        text_addf(line, " (from %s)", ip_addr_format(&packet->source, address));
    }
}

/* A quiet passage through a link is told by SENT and ARRIVED already. */
static bool is_worth_a_line(const struct sim *sim, const struct sim_fact *fact)
{
    return fact->fate != FATE_FORWARDED || fact->packet->copy_of != 0 || fact->reordered ||
           fact->packet->corrupted || lateness_of(sim, fact) > 0;
}

static const char *link_sign(const struct sim_fact *fact)
{
    if (fact->fate == FATE_HELD) {
        return "~";
    }
    if (fact->fate != FATE_FORWARDED) {
        return "x";
    }
    return fact->packet->copy_of != 0 ? "+" : "~";
}

/* "(rule's label) arrives at 3.000": what the network did. */
static void trace_link(struct trace *trace, const struct sim *sim, const struct sim_fact *fact)
{
    struct text *line = &trace->line;
    if (!is_worth_a_line(sim, fact)) {
        return;
    }
    begin_line(trace, "network", fact->time, link_sign(fact));
    add_packet(trace, sim, fact->packet, HOST_NONE);
    if (fact->fate == FATE_FORWARDED) {
        text_add(line, ", arrives at ");
        text_add_time(line, fact->arrives_at);
    } else {
        text_addf(line, ", %s", packet_fate_name(fact->fate));
    }
    if (fact->text != NULL) {
        text_add(line, ": ");
        text_add_clean(line, fact->text, false);
    }
    end_line(trace);
}

/* ---- the rest ------------------------------------------------------------------------------- */

static void add_app(struct text *line, const struct sim *sim, const struct sim_fact *fact)
{
    text_addf(line, " %s", app_event_name(fact->app));
    if (fact->payload.length > 0) {
        text_add(line, " ");
        text_add_payload(line, sim, fact->payload, QUOTE_COLUMNS, true);
    } else if (fact->bytes > 0) {
        text_addf(line, " %" PRIu64 " bytes", fact->bytes);
    }
    if (fact->status != SIM_OK) {
        text_addf(line, ": %s", sim_status_text(fact->status));
    }
}

static void add_verdict(struct text *line, const struct sim_fact *fact)
{
    text_add(line, fact->passed ? " passed: " : " FAILED: ");
    text_add_clean(line, fact->text == NULL ? "" : fact->text, false);
    if (fact->detail != NULL) {
        text_add(line, ": ");
        text_add_clean(line, fact->detail, false);
    }
}

void trace_observe(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    struct trace *trace = context;
    const char *name = host_name(sim, fact->host);
    struct text *line = &trace->line;
    switch (fact->kind) {
    case FACT_SENT:
        begin_line(trace, name, fact->time, ">");
        add_packet(trace, sim, fact->packet, fact->host);
        end_line_with_rules(trace, fact);
        break;
    case FACT_LINK:
        trace_link(trace, sim, fact);
        break;
    case FACT_ARRIVED:
        begin_line(trace, name, fact->time, "<");
        add_packet(trace, sim, fact->packet, HOST_NONE);
        end_line_with_rules(trace, fact);
        break;
    case FACT_STATE:
        begin_line(trace, name, fact->time, "=");
        text_addf(line, " %s -> %s", tcp_state_name(fact->from), tcp_state_name(fact->to));
        end_line_with_rules(trace, fact);
        break;
    case FACT_TIMEOUT:
        begin_line(trace, name, fact->time, "!");
        text_addf(line, " %s timer", fact->text == NULL ? "a" : fact->text);
        end_line_with_rules(trace, fact);
        break;
    case FACT_APP:
        begin_line(trace, name, fact->time, ":");
        add_app(line, sim, fact);
        end_line(trace);
        break;
    case FACT_NOTE:
        begin_line(trace, name, fact->time, "# ");
        text_add_clean(line, fact->text == NULL ? "" : fact->text, false);
        end_line(trace);
        break;
    case FACT_VERDICT:
        begin_line(trace, name, fact->time, "?");
        add_verdict(line, fact);
        end_line(trace);
        break;
    case FACT_KIND_COUNT:
        break;
    }
}
