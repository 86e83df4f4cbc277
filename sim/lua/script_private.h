/* What the parts of a running script share. Read script.h and sandbox.h first.
 *
 * Lua runs in four places: the main chunk, applications (coroutines, lua_app.h), callbacks for
 * packets, and expectations at the end. Every event of the world that reaches Lua goes through
 * script_protect() or sandbox_resume(), so that no error of a script ever unwinds the simulator. */
#ifndef TCPSIM_LUA_SCRIPT_PRIVATE_H
#define TCPSIM_LUA_SCRIPT_PRIVATE_H

#include "sim/lua/sandbox.h"
#include "sim/lua/script.h"

struct application;

struct script_expectation {
    const char *label;
    const char *file;
    int line;
    int function; /* in the registry */
};

/* A field that an expectation has read, for its detail when it fails. */
struct script_reading {
    host_id host;
    char text[96]; /* "accepted = 2" */
};

enum { SCRIPT_READINGS_MAX = 8, SCRIPT_MESSAGE_SIZE = 16384 };

struct script {
    struct script_config config; /* strings are ours */
    struct sim *sim;
    struct sandbox *box;
    tape_lane random_lane;
    lua_State *callbacks; /* the thread on which packet callbacks run; anchored in the registry */

    struct application *current;              /* the application that runs now, or NULL */
    struct application *first_app, *last_app; /* all that live, in order of creation */
    int64_t objects;                          /* numbered so far */

    bool begun, described, usage_error, world_is_full;
    bool ended;   /* by an error or a limit; outcome and message say which */
    bool over;    /* nothing is left to happen */
    bool stopped; /* by sim.stop */
    enum script_outcome outcome;
    char message[SCRIPT_MESSAGE_SIZE];

    sim_time_t stop_at; /* 0: not set */
    bool stop_at_moved; /* while the world runs */

    struct script_option *options;
    const char **option_values; /* in force, in the order of the options */
    size_t option_count;
    struct script_expectation *expectations;
    size_t expectation_count;
    struct script_measure *measures;
    size_t measure_count;
    uint32_t passed, failed;
    bool judging; /* an expectation runs now */
    struct script_reading readings[SCRIPT_READINGS_MAX];
    size_t reading_count;

    struct script_text *texts; /* all strings that were kept */
    char *description;
};

/* The script that runs in L. */
struct script *script_of(lua_State *L);

/* ---- ending --------------------------------------------------------------------------------- */

/* End the run; the first call counts. */
void script_end(struct script *script, enum script_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* End it with the sandbox's last error, after a result that was not OK; `note` (may be NULL) is
 * put behind the message, a line of its own. */
void script_end_by_error(struct script *script, enum sandbox_result result, const char *note);

/* Raise in L what a call of the public API returned. */
int script_raise_status(lua_State *L, const char *what, enum sim_status status);

/* ---- calling Lua from an event -------------------------------------------------------------- */

/* Run `body` with `argument` as its light userdata, where errors are caught; they end the run.
 * Returns whether it ended well. */
bool script_protect(struct script *script, lua_CFunction body, void *argument);

/* ---- memory --------------------------------------------------------------------------------- */

/* A copy that lives as long as the script; raises in L when memory runs out. */
const char *script_keep_text(lua_State *L, const char *text);

/* Make room for one more item of `size` bytes; raises in L. Returns the array. */
void *script_reserve(lua_State *L, void *array, size_t count, size_t size);

/* ---- parts ---------------------------------------------------------------------------------- */

/* The head comment of the file, to be freed; NULL when there is no memory. */
char *script_read_description(const char *path);

/* Whether every setting named an option; else the run has ended with SCRIPT_USAGE. */
bool script_check_settings(struct script *script);

/* Check the expectations in order. */
void script_judge(struct script *script);

/* Tell notes about measures, and about applications that wait for something that never came. */
void script_tell_measures(struct script *script);
void script_tell_waiting(struct script *script);
void script_free_apps(struct script *script);

/* Note what an expectation has just read. */
void script_note_reading(struct script *script, host_id host, const char *name, const char *value);

/* The opener of `require "tcpsim"`. */
int script_open_module(lua_State *L);

#endif
