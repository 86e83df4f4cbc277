/* A scenario script: load it, let it build its world, run the world, judge its expectations.
 *
 * The command line uses this and nothing else of sim/lua. */
#ifndef TCPSIM_LUA_SCRIPT_H
#define TCPSIM_LUA_SCRIPT_H

#include "tcpsim/net.h"
#include "tcpsim/sim.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One option as given on the command line: --set name=value. */
struct script_setting {
    const char *name;
    const char *value;
};

struct script_config {
    const char *path;
    const struct script_setting *settings;
    size_t setting_count;
    struct sim_config world;
    uint64_t instruction_budget; /* 0 = default */
    size_t memory_limit_bytes;   /* of the script, not of the world; 0 = default */
    bool describe_only;          /* stop once sim.options was called: for --help */

    /* Called by script_begin once the file is loaded, before the script runs: attach observers
     * here. */
    void (*world_created)(void *context, struct sim *sim);
    /* What print() writes; NULL: to stdout. */
    void (*print)(void *context, const char *text, size_t length);
    void *context;
};

enum script_outcome {
    SCRIPT_OK,         /* every expectation holds */
    SCRIPT_FAILED,     /* an expectation failed */
    SCRIPT_USAGE,      /* a setting names no option, or has a value outside its range */
    SCRIPT_ERROR,      /* syntax or runtime error (in an application, too), misuse of the API */
    SCRIPT_LIMIT,      /* instructions, memory, events, a replay that diverged: no verdict */
    SCRIPT_UNREADABLE, /* no such file, a directory, not permitted */
};

/* An option that the script declared with sim.options. */
struct script_option {
    const char *name;
    const char *default_text;
    const char *choices_text; /* "three-way, two-way", "1 .. 1024" or NULL */
    const char *help;         /* or NULL */
};

struct script;

/* Never fails but for memory (NULL); errors are told by script_begin(). `config` and what it points
 * to is copied, but for world.feed. */
struct script *script_create(const struct script_config *config);
void script_destroy(struct script *script);

/* A run has three parts. script_begin() loads the script and runs its main chunk, which builds the
 * world. script_advance(), once or more, runs the world until nothing is left to happen, a limit is
 * met (`limits` adds to the script's own), or the script's stop_at. script_finish() checks the
 * expectations, which observers are told as FACT_VERDICT. Each is called only after the one before
 * returned SCRIPT_OK. Whatever observers were told before an error stays told. */
enum script_outcome script_begin(struct script *script);
enum script_outcome script_advance(struct script *script, const struct sim_limits *limits);
enum script_outcome script_finish(struct script *script);

/* Whether nothing is left to happen in the world, or the script has stopped it. */
bool script_is_over(const struct script *script);

/* All three. */
enum script_outcome script_run(struct script *script, const struct sim_limits *limits);

/* After an outcome that is not SCRIPT_OK or SCRIPT_FAILED: the message for people, several lines
 * (FILE:LINE: what, the source line, a caret, a short trace), ending in a newline. Never NULL. */
const char *script_message(const struct script *script);

struct sim *script_world(const struct script *script);

/* Expectations that held and that failed. */
void script_verdicts(const struct script *script, uint32_t *passed, uint32_t *failed);

/* What the script declared, in its order; and the text of its head comment (the lines that begin
 * with --- or -- before the first code), without the dashes; "" if none. */
const struct script_option *script_options(const struct script *script, size_t *count);
const char *script_description(const struct script *script);

/* What the script measured with sim.measure, in its order. */
struct script_measure {
    const char *name;
    const char *text; /* "0.36" */
    double number;    /* 0 when has_number is false */
    bool has_number;
};
const struct script_measure *script_measures(const struct script *script, size_t *count);

/* The values in force, for headings: "handshake = two-way", by option name; NULL if unknown. */
const char *script_option_value(const struct script *script, const char *name);

#endif
