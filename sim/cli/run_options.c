#define _DEFAULT_SOURCE
#include "sim/cli/run_options.h"

#include "sim/base/common.h"
#include "sim/base/suggest.h"
#include "sim/base/units.h"
#include "sim/cli/cli.h"
#include "sim/cli/terminal.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help_text[] =
    "usage: tcpsim run FILE.lua [options]\n"
    "\n"
    "Runs a scenario and shows what happened. `tcpsim run FILE.lua --help` tells what the scenario\n"
    "is about and which options it has.\n"
    "\n"
    "the scenario:\n"
    "  --set NAME=VALUE        set one of the scenario's options; may be repeated\n"
    "  --compare NAME=A,B,...  run once for each value, and compare verdicts and measures\n"
    "  --seed N                seed of every random choice (default 1)\n"
    "  --until TIME            stop at this virtual time, e.g. 3s or 150ms\n"
    "  --max-events N          stop after so many events, exit 4 (default 100,000,000)\n"
    "  --max-steps N           stop a script that does more, exit 4 (default 200,000,000)\n"
    "\n"
    "what to show:\n"
    "  --view ladder           the packets as arrows between the hosts (default)\n"
    "  --view tcpdump          one line per fact, with the rule behind each decision\n"
    "  --view ss|netstat|stats every host's sockets or counters at the end\n"
    "  --view none             only the verdicts\n"
    "  --rules full|names|none how the tcpdump view tells the rules (default names)\n"
    "  --watch HOST:TABLE      print a table (ss, netstat or stats) of a host during the run,\n"
    "    --at TIME             at this time (may be repeated), or\n"
    "    --every TIME          at regular intervals\n"
    "  --rows N                longest ladder, in packets and events (default 200)\n"
    "  --width N               columns (default: the terminal's, or 80)\n"
    "  --color WHEN            always, never or auto (NO_COLOR and FORCE_COLOR are honoured)\n"
    "  --ascii                 nothing but ASCII\n"
    "\n"
    "for programs:\n"
    "  --json                  a summary of the run as one JSON document, and nothing else\n"
    "  --jsonl FILE            every fact as a line of JSON (-: on stdout, and nothing else)\n"
    "  --digest                print a digest of every fact: equal digests, equal runs\n"
    "\n"
    "checking the laboratory itself:\n"
    "  --verify                run twice (each value of --compare); exit 5 if a fact differs\n"
    "  --wire                  send every packet through its wire form and back\n"
    "\n"
    "example:\n"
    "  tcpsim run scenarios/stale_syn.lua --set handshake=two-way --view tcpdump\n";

enum flag {
    FLAG_SET = 256,
    FLAG_COMPARE,
    FLAG_SEED,
    FLAG_UNTIL,
    FLAG_MAX_EVENTS,
    FLAG_MAX_STEPS,
    FLAG_VIEW,
    FLAG_RULES,
    FLAG_WATCH,
    FLAG_AT,
    FLAG_EVERY,
    FLAG_ROWS,
    FLAG_WIDTH,
    FLAG_COLOR,
    FLAG_ASCII,
    FLAG_JSON,
    FLAG_JSONL,
    FLAG_DIGEST,
    FLAG_VERIFY,
    FLAG_WIRE,
    FLAG_HELP,
};

static const struct option flags[] = {
    { "set", required_argument, NULL, FLAG_SET },
    { "compare", required_argument, NULL, FLAG_COMPARE },
    { "seed", required_argument, NULL, FLAG_SEED },
    { "until", required_argument, NULL, FLAG_UNTIL },
    { "max-events", required_argument, NULL, FLAG_MAX_EVENTS },
    { "max-steps", required_argument, NULL, FLAG_MAX_STEPS },
    { "view", required_argument, NULL, FLAG_VIEW },
    { "rules", required_argument, NULL, FLAG_RULES },
    { "watch", required_argument, NULL, FLAG_WATCH },
    { "at", required_argument, NULL, FLAG_AT },
    { "every", required_argument, NULL, FLAG_EVERY },
    { "rows", required_argument, NULL, FLAG_ROWS },
    { "width", required_argument, NULL, FLAG_WIDTH },
    { "color", required_argument, NULL, FLAG_COLOR },
    { "colour", required_argument, NULL, FLAG_COLOR },
    { "ascii", no_argument, NULL, FLAG_ASCII },
    { "json", no_argument, NULL, FLAG_JSON },
    { "jsonl", required_argument, NULL, FLAG_JSONL },
    { "digest", no_argument, NULL, FLAG_DIGEST },
    { "verify", no_argument, NULL, FLAG_VERIFY },
    { "wire", no_argument, NULL, FLAG_WIRE },
    { "help", no_argument, NULL, FLAG_HELP },
    { NULL, 0, NULL, 0 },
};

/* What flags that belong together say, until all are read. */
struct parsed {
    enum colour_choice colour;
    uint64_t width;
    bool ascii;
};

/* ---- words ---------------------------------------------------------------------------------- */

struct word {
    const char *name;
    int value;
};

static const struct word views[] = {
    { "ladder", VIEW_LADDER },   { "tcpdump", VIEW_TCPDUMP },  { "ss", VIEW_SS },
    { "netstat", VIEW_NETSTAT }, { "stats", VIEW_STATISTICS }, { "none", VIEW_NONE },
};
static const struct word rules[] = {
    { "full", TRACE_RULES_FULL },
    { "names", TRACE_RULES_NAMES },
    { "none", TRACE_RULES_NONE },
};
static const struct word colours[] = {
    { "auto", COLOUR_AUTO },
    { "always", COLOUR_ALWAYS },
    { "never", COLOUR_NEVER },
};

static bool find_word(const struct word *words, size_t count, const char *text, int *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].name, text) == 0) {
            *value = words[i].value;
            return true;
        }
    }
    return false;
}

static int bad_word(const char *flag, const char *text, const struct word *words, size_t count)
{
    char list[128] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ", words[i].name);
    }
    return run_usage_error("%s takes one of %s; not '%s'", flag, list, text);
}

/* ---- values --------------------------------------------------------------------------------- */

static int parse_time(const char *flag, const char *text, sim_time_t *value)
{
    uint64_t nanoseconds;
    enum unit_error error = unit_parse(&unit_duration, text, &nanoseconds);
    if (error == UNIT_TOO_LARGE) {
        return run_usage_error("%s: the time '%s' is too large", flag, text);
    }
    if (error != UNIT_FINE) {
        return run_usage_error("%s takes a time such as 3s, 150ms or 2min; not '%s'", flag, text);
    }
    *value = (sim_time_t)nanoseconds;
    return -1;
}

/* 0 would be taken for "not given". */
static int parse_time_above_0(const char *flag, const char *text, sim_time_t *value)
{
    int code = parse_time(flag, text, value);
    if (code < 0 && *value == 0) {
        return run_usage_error("%s takes a time of more than 0; not '%s'", flag, text);
    }
    return code;
}

static int parse_number(const char *flag, const char *text, uint64_t *value)
{
    if (!units_parse_integer(text, value)) {
        return run_usage_error("%s takes a whole number; not '%s'", flag, text);
    }
    return -1;
}

static int parse_number_above_0(const char *flag, const char *text, uint64_t *value)
{
    int code = parse_number(flag, text, value);
    if (code < 0 && *value == 0) {
        return run_usage_error("%s takes a whole number of more than 0; not '%s'", flag, text);
    }
    return code;
}

static int parse_set(struct run_options *options, char *text)
{
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        return run_usage_error("--set takes NAME=VALUE; not '%s'", text);
    }
    if (options->setting_count == SETTINGS_MAX) {
        return run_usage_error("more than %d times --set", SETTINGS_MAX);
    }
    *equals = '\0';
    options->settings[options->setting_count++] = (struct script_setting){ text, equals + 1 };
    return -1;
}

/* Whether one of "A,B,..." is empty: most likely a comma too many. */
static bool has_empty_value(const char *list)
{
    for (;;) {
        size_t length = strcspn(list, ",");
        if (length == 0) {
            return true;
        }
        if (list[length] == '\0') {
            return false;
        }
        list += length + 1;
    }
}

static int parse_compare(struct run_options *options, char *text)
{
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        return run_usage_error("--compare takes NAME=VALUE,VALUE,...; not '%s'", text);
    }
    if (options->compare != NULL) {
        return run_usage_error("--compare can be given once");
    }
    if (has_empty_value(equals + 1)) {
        return run_usage_error("--compare: a value is empty in '%s'", text);
    }
    *equals = '\0';
    options->compare = text;
    for (char *value = equals + 1; value != NULL;) {
        char *comma = strchr(value, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        if (options->compare_count == COMPARE_MAX) {
            return run_usage_error("--compare takes at most %d values", COMPARE_MAX);
        }
        options->compare_values[options->compare_count++] = value;
        value = comma == NULL ? NULL : comma + 1;
    }
    return -1;
}

static int parse_watch(struct run_options *options, char *text)
{
    char *colon = strrchr(text, ':');
    int table = VIEW_NONE;
    bool known = colon != NULL && colon != text &&
                 find_word(views, COUNT_OF(views), colon + 1, &table) &&
                 (table == VIEW_SS || table == VIEW_NETSTAT || table == VIEW_STATISTICS);
    if (!known) {
        return run_usage_error("--watch takes HOST:ss, HOST:netstat or HOST:stats; not '%s'", text);
    }
    if (options->watch_count == WATCHES_MAX) {
        return run_usage_error("more than %d times --watch", WATCHES_MAX);
    }
    *colon = '\0';
    options->watches[options->watch_count++] = (struct run_watch){ text, (enum run_view)table };
    return -1;
}

static int parse_at(struct run_options *options, const char *text)
{
    if (options->watch_at_count == WATCH_TIMES_MAX) {
        return run_usage_error("more than %d times --at", WATCH_TIMES_MAX);
    }
    return parse_time("--at", text, &options->watch_at[options->watch_at_count++]);
}

static int parse_rows(struct run_options *options, const char *text)
{
    uint64_t rows = 0;
    int code = parse_number_above_0("--rows", text, &rows);
    options->rows_max = rows > UINT32_MAX ? UINT32_MAX : (uint32_t)rows;
    return code;
}

static int parse_word(const char *flag, const char *text, const struct word *words, size_t count,
                      int *value)
{
    return find_word(words, count, text, value) ? -1 : bad_word(flag, text, words, count);
}

/* Setting the scene takes some steps, too. */
static int parse_steps(struct run_options *options, const char *text)
{
    enum { LEAST = 100000 };
    if (!units_parse_integer(text, &options->max_steps) || options->max_steps < LEAST) {
        return usage_error("--max-steps takes a whole number, %d or more; not '%s'", LEAST, text);
    }
    return -1;
}

/* ---- flags ---------------------------------------------------------------------------------- */

static int set_view(struct run_options *options, const char *text)
{
    int value = VIEW_LADDER;
    int code = parse_word("--view", text, views, COUNT_OF(views), &value);
    options->view = (enum run_view)value;
    return code;
}

static int set_rules(struct run_options *options, const char *text)
{
    int value = TRACE_RULES_NAMES;
    int code = parse_word("--rules", text, rules, COUNT_OF(rules), &value);
    options->rules = (enum trace_rules)value;
    return code;
}

static int set_colour(struct parsed *parsed, const char *text)
{
    int value = COLOUR_AUTO;
    int code = parse_word("--color", text, colours, COUNT_OF(colours), &value);
    parsed->colour = (enum colour_choice)value;
    return code;
}

static int take_flag(struct run_options *options, struct parsed *parsed, enum flag flag)
{
    switch (flag) {
    case FLAG_SET:
        return parse_set(options, optarg);
    case FLAG_COMPARE:
        return parse_compare(options, optarg);
    case FLAG_SEED:
        return parse_number("--seed", optarg, &options->seed);
    case FLAG_UNTIL:
        options->until_text = optarg;
        return parse_time_above_0("--until", optarg, &options->until);
    case FLAG_MAX_EVENTS:
        return parse_number_above_0("--max-events", optarg, &options->max_events);
    case FLAG_MAX_STEPS:
        return parse_steps(options, optarg);
    case FLAG_VIEW:
        return set_view(options, optarg);
    case FLAG_RULES:
        return set_rules(options, optarg);
    case FLAG_WATCH:
        return parse_watch(options, optarg);
    case FLAG_AT:
        return parse_at(options, optarg);
    case FLAG_EVERY:
        return parse_time_above_0("--every", optarg, &options->watch_every);
    case FLAG_ROWS:
        return parse_rows(options, optarg);
    case FLAG_WIDTH:
        return parse_number_above_0("--width", optarg, &parsed->width);
    case FLAG_COLOR:
        return set_colour(parsed, optarg);
    case FLAG_ASCII:
        parsed->ascii = true;
        return -1;
    case FLAG_JSON:
        options->json = true;
        return -1;
    case FLAG_JSONL:
        options->jsonl = optarg;
        return -1;
    case FLAG_DIGEST:
        options->digest = true;
        return -1;
    case FLAG_VERIFY:
        options->verify = true;
        return -1;
    case FLAG_WIRE:
        options->wire = true;
        return -1;
    case FLAG_HELP:
        options->describe = true;
        return -1;
    }
    return -1;
}

static int unknown_flag(const char *argument)
{
    const char *names[COUNT_OF(flags)]; /* ends like the table, with NULL */
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        names[i] = flags[i].name;
    }
    char typed[64];
    const char *start = argument + strspn(argument, "-");
    snprintf(typed, sizeof typed, "%.*s", (int)strcspn(start, "="), start);
    const char *near = suggest_name(typed, names);
    if (near != NULL) {
        return run_usage_error("unknown option '%s'; did you mean --%s?", argument, near);
    }
    return run_usage_error("unknown option '%s'", argument);
}

/* What getopt_long did not take: no such flag, or its value is missing. */
static int bad_flag(char **argv)
{
    for (size_t i = 0; flags[i].name != NULL; i++) {
        if (optopt == flags[i].val) {
            return flags[i].has_arg == required_argument
                       ? run_usage_error("--%s needs a value", flags[i].name)
                       : run_usage_error("--%s takes no value", flags[i].name);
        }
    }
    if (optopt != 0) { /* a letter; optind stays while there are more in the same argument */
        return run_usage_error("unknown option '-%c' (options begin with two dashes)", optopt);
    }
    return unknown_flag(argv[optind - 1]);
}

/* ---- the whole ------------------------------------------------------------------------------ */

bool run_traces_to_stdout(const struct run_options *options)
{
    return options->jsonl != NULL && strcmp(options->jsonl, "-") == 0;
}

static int check(const struct run_options *options)
{
    if (options->watch_count == 0 && (options->watch_at_count > 0 || options->watch_every > 0)) {
        return run_usage_error("--at and --every say when; --watch HOST:TABLE must say what");
    }
    if (options->watch_count > 0 && options->watch_at_count == 0 && options->watch_every == 0) {
        return run_usage_error("--watch needs --at TIME or --every TIME");
    }
    if (options->jsonl != NULL && options->compare != NULL) {
        return run_usage_error("--jsonl writes one run; use --set in place of --compare");
    }
    if (options->json && run_traces_to_stdout(options)) {
        return run_usage_error("--json and --jsonl - would mix on stdout; give --jsonl a file");
    }
    bool is_for_programs = options->json || run_traces_to_stdout(options);
    if (is_for_programs && options->verify) {
        return run_usage_error("--verify prints a line, not JSON");
    }
    if (is_for_programs && options->watch_count > 0) {
        return run_usage_error("--watch would mix its tables with the JSON on stdout");
    }
    return -1;
}

static int take_arguments(struct run_options *options, struct parsed *parsed, int argc, char **argv)
{
    opterr = 0;
    optind = 1;
    for (;;) {
        int flag = getopt_long(argc, argv, "h", flags, NULL);
        if (flag == -1) {
            break;
        }
        if (flag == 'h') {
            flag = FLAG_HELP;
        }
        if (flag == '?') {
            return bad_flag(argv);
        }
        int code = take_flag(options, parsed, (enum flag)flag);
        if (code >= 0) {
            return code;
        }
    }
    if (optind < argc) {
        options->file = argv[optind++];
    }
    if (optind < argc) {
        return run_usage_error("one scenario at a time; what is '%s'?", argv[optind]);
    }
    return -1;
}

int run_options_parse(struct run_options *options, int argc, char **argv)
{
    *options = (struct run_options){ .seed = 1, .rules = TRACE_RULES_NAMES };
    struct parsed parsed = { 0 };
    int code = take_arguments(options, &parsed, argc, argv);
    if (code >= 0) {
        return code;
    }
    if (options->file == NULL && options->describe) {
        fputs(help_text, stdout);
        return EXIT_FINE;
    }
    if (options->file == NULL) {
        return run_usage_error("which scenario? For example: tcpsim run scenarios/stale_syn.lua");
    }
    if (parsed.width > VIEW_COLUMNS_MAX) {
        return run_usage_error("--width takes at most %d", VIEW_COLUMNS_MAX);
    }
    options->style = terminal_style(parsed.colour, (int)parsed.width, parsed.ascii);
    return check(options);
}
