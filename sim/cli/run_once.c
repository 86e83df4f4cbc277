#include "sim/cli/run_once.h"

#include "sim/base/common.h"
#include "sim/cli/cli.h"
#include "sim/cli/watch.h"
#include "sim/observe/digest.h"
#include "sim/observe/jsonl.h"
#include "sim/observe/ladder.h"
#include "sim/observe/summary.h"
#include "sim/observe/tables.h"
#include "sim/observe/utf8.h"
#include "sim/observe/verdicts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than any lesson needs, little enough to end within a minute. */
static const uint64_t default_max_events = 100000000;

/* The observers of a run; those that nobody asked for are NULL. */
struct run {
    const struct run_options *options;
    enum run_shown shown;
    struct run_result *result;
    struct script *script;
    struct ladder *ladder;
    struct trace *trace;
    struct digest *digest;
    struct summary *summary;
    struct jsonl *jsonl;
    FILE *jsonl_file;
    struct verdicts verdicts;
    bool started;
    bool advanced;         /* sim_run() was called */
    uint64_t events_limit; /* of this run */
    bool has_heading;      /* printed already */
};

int run_exit_code(enum script_outcome outcome)
{
    switch (outcome) {
    case SCRIPT_OK:
        return EXIT_FINE;
    case SCRIPT_FAILED:
        return EXIT_FAILED;
    case SCRIPT_USAGE:
        return EXIT_USAGE;
    case SCRIPT_ERROR:
        return EXIT_SCENARIO;
    case SCRIPT_LIMIT:
        return EXIT_LIMIT;
    case SCRIPT_UNREADABLE:
        return EXIT_IO;
    }
    return EXIT_SCENARIO;
}

static bool has_views(const struct run *run)
{
    return run->shown == RUN_SHOWN || run->shown == RUN_COMPARED;
}

/* ---- headings ------------------------------------------------------------------------------- */

static void print_rule_line(const struct view_style *style, const char *text)
{
    int columns = view_columns(style);
    int used = printf("-- %s ", text);
    for (int i = utf8_width(text) + 4; i < columns && used > 0; i++) {
        putchar('-');
    }
    putchar('\n');
}

/* The scenario's name: the file's, without folder and ending. */
static void scenario_name(const char *file, char *name, size_t size)
{
    const char *slash = strrchr(file, '/');
    snprintf(name, size, "%s", slash == NULL ? file : slash + 1);
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".lua") == 0) {
        name[length - 4] = '\0';
    }
}

/* Words, broken into lines before the last column. */
static void print_wrapped(const char *text, int columns)
{
    int column = 0;
    while (*text != '\0') {
        char word[256];
        size_t length = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        int width = utf8_width(word);
        if (column > 0 && column + 1 + width > columns) {
            putchar('\n');
            column = 0;
        }
        column += printf(column > 0 ? " %s" : "%s", word) > 0 ? width + (column > 0) : 0;
        text += length + strspn(text + length, " ");
    }
    putchar('\n');
}

/* "stale_syn (seed 1): why three handshakes." */
static void print_title(const struct run *run)
{
    char name[256];
    char title[1024];
    scenario_name(run->options->file, name, sizeof name);
    const char *description = script_description(run->script);
    int length = (int)strcspn(description, "\n");
    snprintf(title, sizeof title, "%s (seed %" PRIu64 ")%s%.*s", name, run->options->seed,
             length > 0 ? ": " : "", length, description);
    print_wrapped(title, view_columns(&run->options->style));
}

/* Once, before anything else of the run; but not before it is known that the run begins well, where
 * nothing is printed until then. */
static void print_heading(struct run *run)
{
    if (run->has_heading || !has_views(run)) {
        return;
    }
    run->has_heading = true;
    const struct run_options *options = run->options;
    if (options->compare_index == 0) {
        print_title(run);
    }
    if (run->shown == RUN_COMPARED) {
        char text[256];
        const struct script_setting *last = &options->settings[options->setting_count - 1];
        snprintf(text, sizeof text, "%s = %s", last->name, last->value);
        print_rule_line(&options->style, text);
    }
}

/* ---- observers ------------------------------------------------------------------------------ */

static void observe_verdicts(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    (void)sim;
    verdicts_add(context, fact);
}

static void attach_views(struct run *run, struct sim *sim)
{
    const struct run_options *options = run->options;
    bool shown = has_views(run);
    if (shown && options->view == VIEW_LADDER) {
        run->ladder = ladder_create();
        if (run->ladder != NULL) {
            ladder_attach(run->ladder, sim);
        }
    } else if (shown) {
        sim_observe(sim, observe_verdicts, &run->verdicts);
    }
    if (shown && options->view == VIEW_TCPDUMP) {
        print_heading(run);
        const struct trace_options trace = { .rules = options->rules };
        run->trace = trace_create(&trace, stdout);
        if (run->trace != NULL) {
            trace_attach(run->trace, sim);
        }
    }
}

static void attach_programs(struct run *run, struct sim *sim)
{
    if (run->options->digest || run->shown == RUN_SILENT || run->shown == RUN_JSON) {
        run->digest = digest_create();
        if (run->digest != NULL) {
            digest_attach(run->digest, sim);
        }
    }
    if (run->summary != NULL) {
        summary_attach(run->summary, sim);
    }
    if (run->jsonl_file != NULL) {
        run->jsonl = jsonl_create(run->jsonl_file);
        if (run->jsonl != NULL) {
            jsonl_attach(run->jsonl, sim);
        }
    }
}

static void world_created(void *context, struct sim *sim)
{
    struct run *run = context;
    run->started = true;
    attach_views(run, sim);
    attach_programs(run, sim);
}

/* What the script prints belongs to the views; where stdout is for a program it
 * goes to stderr. */
static void print(void *context, const char *text, size_t length)
{
    struct run *run = context;
    print_heading(run);
    if (run->shown != RUN_SILENT) {
        fwrite(text, 1, length, has_views(run) ? stdout : stderr);
    }
}

/* ---- results -------------------------------------------------------------------------------- */

static void print_tables(const struct run *run)
{
    const struct sim *sim = script_world(run->script);
    for (host_id host = 1; host <= host_count(sim); host++) {
        if (host_kind(sim, host) == NODE_HOST) {
            watch_print_table(sim, host, run->options->view, &run->options->style);
        }
    }
}

/* What the views say once the run has ended, also when it ended by an error. */
static void print_views(struct run *run)
{
    const struct run_options *options = run->options;
    if (run->ladder != NULL) {
        const struct ladder_options ladder = { .style = options->style,
                                               .rows_max = options->rows_max };
        ladder_print(run->ladder, &ladder, stdout);
    }
    if (run->trace != NULL) {
        trace_finish(run->trace);
    }
    bool tables = options->view == VIEW_SS || options->view == VIEW_NETSTAT ||
                  options->view == VIEW_STATISTICS;
    if (tables) {
        print_tables(run);
    }
    if (run->ladder == NULL) {
        verdicts_print(&run->verdicts, &options->style, stdout);
    }
    if (options->digest) {
        printf("digest=%016" PRIx64 "\n", digest_value(run->digest));
    }
}

static const char *outcome_name(enum script_outcome outcome)
{
    switch (outcome) {
    case SCRIPT_OK:
        return "passed";
    case SCRIPT_FAILED:
        return "failed";
    case SCRIPT_USAGE:
        return "usage";
    case SCRIPT_ERROR:
        return "error";
    case SCRIPT_LIMIT:
        return "limit";
    case SCRIPT_UNREADABLE:
        return "unreadable";
    }
    return "error";
}

static bool met_events_limit(const struct run *run)
{
    return run->result->outcome == SCRIPT_LIMIT && run->advanced &&
           sim_event_count(script_world(run->script)) >= run->events_limit;
}

/* Of sim_run() only this much is known: it returns SIM_OK also when the script ended by an error,
 * SIM_LIMIT after so many events; which of the other limits was met is told by the message only. */
static void add_status(const struct run *run, struct summary_run *facts)
{
    bool met = met_events_limit(run);
    facts->has_status = run->advanced && (met || run->result->outcome != SCRIPT_LIMIT);
    facts->status = met ? SIM_LIMIT : SIM_OK;
}

/* The message as one value: without the line's end. NULL when there is none. */
static const char *error_of(const struct run_result *result, char *text, size_t size)
{
    snprintf(text, size, "%s", result->message);
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n') {
        text[--length] = '\0';
    }
    return length > 0 ? text : NULL;
}

static void print_json(struct run *run)
{
    const struct run_result *result = run->result;
    char error[RUN_MESSAGE_MAX];
    struct summary_measure *measures = calloc(result->measure_count + 1, sizeof *measures);
    if (run->summary == NULL || measures == NULL) {
        puts("null");
        free(measures);
        return;
    }
    for (size_t i = 0; i < result->measure_count; i++) {
        measures[i] =
            (struct summary_measure){ result->measures[i].name, result->measures[i].text };
    }
    struct summary_run facts = { .scenario = run->options->file,
                                 .outcome = outcome_name(result->outcome),
                                 .error = error_of(result, error, sizeof error),
                                 .digest = result->digest,
                                 .has_digest = run->digest != NULL,
                                 .measures = measures,
                                 .measure_count = result->measure_count };
    add_status(run, &facts);
    summary_print(run->summary, script_world(run->script), &facts, stdout);
    free(measures);
}

/* What was measured outlives the script in the result. */
static void collect_measures(struct run *run)
{
    struct run_result *result = run->result;
    size_t count;
    const struct script_measure *measures = script_measures(run->script, &count);
    result->measures = calloc(count + 1, sizeof *result->measures);
    if (result->measures == NULL) {
        return;
    }
    result->measure_count = count;
    for (size_t i = 0; i < count; i++) {
        struct run_measure *kept = &result->measures[i];
        snprintf(kept->name, sizeof kept->name, "%s", measures[i].name);
        snprintf(kept->text, sizeof kept->text, "%s", measures[i].text);
    }
}

/* The script knows only the part of the limit that was left when it was last called (--watch). */
static void collect_message(struct run *run)
{
    struct run_result *result = run->result;
    if (met_events_limit(run)) {
        snprintf(result->message, sizeof result->message,
                 "%s: the run reached its limit of %" PRIu64 " events, at %.9g s\n",
                 run->options->file, run->events_limit,
                 (double)sim_now(script_world(run->script)) / 1e9);
    } else if (result->message[0] == '\0') {
        snprintf(result->message, sizeof result->message, "%s", script_message(run->script));
    }
}

static void collect(struct run *run, enum script_outcome outcome)
{
    struct run_result *result = run->result;
    result->outcome = outcome;
    script_verdicts(run->script, &result->passed, &result->failed);
    collect_measures(run);
    if (run->digest != NULL) {
        result->digest = digest_value(run->digest);
        result->facts = digest_fact_count(run->digest);
    }
    if (outcome != SCRIPT_OK && outcome != SCRIPT_FAILED) {
        collect_message(run);
    }
    if (run->shown == RUN_JSON) {
        print_json(run);
    } else if (run->shown == RUN_TRACE && run->options->digest && run->started) {
        fprintf(stderr, "digest=%016" PRIx64 "\n", result->digest);
    } else if (has_views(run) && run->started && outcome != SCRIPT_USAGE) {
        print_views(run);
    }
}

void run_result_free(struct run_result *result)
{
    free(result->measures);
    result->measures = NULL;
    result->measure_count = 0;
}

/* ---- files ---------------------------------------------------------------------------------- */

static void io_failed(struct run_result *result, const char *what, const char *file)
{
    result->outcome = SCRIPT_UNREADABLE;
    snprintf(result->message, sizeof result->message, "tcpsim: cannot %s '%s': %s\n", what, file,
             strerror(errno));
}

static bool open_jsonl(struct run *run)
{
    const char *file = run->options->jsonl;
    if (file == NULL || run->shown == RUN_SILENT) {
        return true;
    }
    run->jsonl_file = strcmp(file, "-") == 0 ? stdout : fopen(file, "wb");
    if (run->jsonl_file == NULL) {
        io_failed(run->result, "write", file);
    }
    return run->jsonl_file != NULL;
}

static void close_jsonl(struct run *run)
{
    if (run->jsonl_file == NULL) {
        return;
    }
    bool good = run->jsonl == NULL || jsonl_finish(run->jsonl);
    if (run->jsonl_file != stdout) {
        good = fclose(run->jsonl_file) == 0 && good;
    }
    if (!good) {
        io_failed(run->result, "write", run->options->jsonl);
    }
}

static void destroy(struct run *run)
{
    ladder_destroy(run->ladder);
    trace_destroy(run->trace);
    digest_destroy(run->digest);
    summary_destroy(run->summary);
    jsonl_destroy(run->jsonl);
    verdicts_free(&run->verdicts);
    script_destroy(run->script);
}

/* ---- the run -------------------------------------------------------------------------------- */

static enum script_outcome advance(struct run *run)
{
    const struct run_options *options = run->options;
    struct run_result *result = run->result;
    bool watches = options->watch_count > 0 && has_views(run);
    const struct sim *sim = script_world(run->script);
    if (watches && !watch_check_hosts(sim, options, result->message, sizeof result->message)) {
        return SCRIPT_USAGE;
    }
    print_heading(run);
    const struct sim_limits limits = {
        .until = options->until,
        .max_events = options->max_events != 0 ? options->max_events : default_max_events,
    };
    run->advanced = true;
    run->events_limit = limits.max_events;
    return watches ? watch_run(run->script, options, &limits)
                   : script_advance(run->script, &limits);
}

static enum script_outcome run_script(struct run *run)
{
    enum script_outcome outcome = script_begin(run->script);
    if (outcome == SCRIPT_OK) {
        outcome = advance(run);
    }
    return outcome == SCRIPT_OK ? script_finish(run->script) : outcome;
}

void run_once(const struct run_options *options, enum run_shown shown, struct run_result *result)
{
    *result = (struct run_result){ 0 };
    struct run run = { .options = options, .shown = shown, .result = result };
    const struct script_config config = {
        .path = options->file,
        .settings = options->settings,
        .setting_count = options->setting_count,
        .instruction_budget = options->max_steps,
        .world = { .seed = options->seed, .wire = options->wire },
        .world_created = world_created,
        .print = print,
        .context = &run,
    };
    if (!open_jsonl(&run)) {
        fputs(shown == RUN_JSON ? "null\n" : "", stdout);
        return;
    }
    run.script = script_create(&config);
    if (run.script == NULL) {
        result->outcome = SCRIPT_LIMIT;
        snprintf(result->message, sizeof result->message, "tcpsim: out of memory\n");
        fputs(shown == RUN_JSON ? "null\n" : "", stdout);
        return;
    }
    run.summary = shown == RUN_JSON ? summary_create() : NULL;
    collect(&run, run_script(&run));
    close_jsonl(&run);
    destroy(&run);
}
