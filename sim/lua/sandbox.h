/* The sealed Lua: a Lua 5.4 whose programs do the same thing in every run and stop at their limits.
 *
 * It knows nothing of the simulator.  It opens a Lua state whose every source of difference between
 * runs is closed (order of pairs, ties in sort, addresses in tostring, random numbers, weak tables,
 * finalizers), and which a hostile program can neither crash, nor hang, nor leave.
 *
 * What a script may still observe, because the language core offers no way to close it:
 *   - `#t` of a table with holes may be any border, and which one can differ between runs;
 *   - `x .. y` writes a float NaN as the C library does ("nan" or "-nan"); tostring, print, format
 *     and table.concat always write "nan";
 *   - `a ^ b` uses pow() of libm unless b is 2: its last bit is the platform's.
 *
 * Invariants: once a limit is hit it stays hit: every later call returns SANDBOX_LIMIT, and no
 * pcall, coroutine or handler of the script gets control again. */
#ifndef TCPSIM_LUA_SANDBOX_H
#define TCPSIM_LUA_SANDBOX_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sandbox_result {
    SANDBOX_OK,
    SANDBOX_YIELD, /* only from sandbox_resume */
    SANDBOX_ERROR, /* the script is wrong: syntax or run time */
    SANDBOX_LIMIT, /* budget, memory, stack or interrupt: never a verdict on a property */
    SANDBOX_IO     /* the file cannot be read */
};

enum sandbox_error_kind {
    SANDBOX_KIND_NONE,
    SANDBOX_KIND_RUNTIME,
    SANDBOX_KIND_SYNTAX,
    SANDBOX_KIND_BINARY,  /* SANDBOX_ERROR: the file is not text */
    SANDBOX_KIND_MISSING, /* SANDBOX_IO, as the next three */
    SANDBOX_KIND_DIRECTORY,
    SANDBOX_KIND_UNREADABLE,
    SANDBOX_KIND_TOO_LARGE,
    SANDBOX_KIND_BUDGET, /* SANDBOX_LIMIT, as the next three */
    SANDBOX_KIND_MEMORY,
    SANDBOX_KIND_STACK, /* of Lua or of C: how deep it is belongs to the installed Lua */
    SANDBOX_KIND_INTERRUPT
};

struct sandbox;

struct sandbox_config {
    uint64_t instruction_budget; /* VM instructions and charged C work of the run; 0 = default */
    size_t memory_limit_bytes;   /* 0 = default */
    uint64_t (*random_outcome)(void *context, uint64_t max); /* uniform in 0..max; may be NULL */
    void (*print)(void *context, const char *text, size_t length); /* one print(); may be NULL */
    void *context;
};

enum {
    SANDBOX_DEFAULT_BUDGET = 200 * 1000 * 1000, /* an endless loop ends within some 5 s */
    SANDBOX_DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024,
    SANDBOX_FILE_LIMIT_BYTES = 16 * 1024 * 1024
};

struct sandbox_error {
    enum sandbox_error_kind kind;
    int line;           /* 0 when no line is known */
    char message[4096]; /* without position; cut with "..." when longer */
    char file[1024];    /* the path as it was given; empty when unknown */
    char trace[2048];   /* "FILE:LINE: in ...\n" per script frame, innermost first */
};

/* Make a sealed Lua.  `config` is copied; NULL means all defaults.
 * Returns NULL when memory runs out or the memory limit is too small to open the libraries. */
struct sandbox *sandbox_create(const struct sandbox_config *config);

/* Free it with everything in it.  NULL is allowed. */
void sandbox_destroy(struct sandbox *box);

/* The main thread.  Its stack belongs to the caller. */
lua_State *sandbox_state(const struct sandbox *box);

/* The sandbox that owns `L`, any of its threads. */
struct sandbox *sandbox_of(lua_State *L);

/* Let `require(name)` find a host module: `opener` is called once and returns the module.
 * `name` must outlive the sandbox. */
void sandbox_register_module(struct sandbox *box, const char *name, lua_CFunction opener);

/* Load a script from a text file and push it as a function on the main thread.  A byte order mark
 * and a first line `#!...` are skipped.  The folder of the first file is where `require` looks for
 * siblings.  On an error nothing is pushed.  Returns OK, ERROR, LIMIT or IO. */
enum sandbox_result sandbox_load_file(struct sandbox *box, const char *path);

/* The same for text in memory; `name` stands for its path in messages. */
enum sandbox_result sandbox_load_text(struct sandbox *box, const char *name, const char *text,
                                      size_t length);

/* Call the function below its `nargs` arguments on top of L.  On OK `nresults` (or LUA_MULTRET)
 * values replace them; on an error nothing does.  May be nested: a C function that a script called
 * may use it, and should hand errors on by sandbox_rethrow. */
enum sandbox_result sandbox_call(struct sandbox *box, lua_State *L, int nargs, int nresults);

/* Start or continue the coroutine `co` with `nargs` arguments on its top.  On OK and YIELD
 * *nresults values are on its top.  On an error `co` is dead and its variables are closed. */
enum sandbox_result sandbox_resume(struct sandbox *box, lua_State *co, int nargs, int *nresults);

/* The error of the last load, call or resume that returned neither OK nor YIELD; kind NONE before. */
const struct sandbox_error *sandbox_last_error(const struct sandbox *box);

/* Raise the last error again in L, where a script's pcall may catch it unless it is a limit. */
int sandbox_rethrow(struct sandbox *box, lua_State *L);

/* Write the last error for people: `FILE:LINE: message`, the source line, a caret, the trace, each
 * line ended by a newline.  Always terminates `buffer`; returns its length. */
size_t sandbox_error_format(const struct sandbox *box, char *buffer, size_t size);

/* Charge C work to the budget, about 4 ns a step.  Raises in L when the budget is used up. */
void sandbox_charge(struct sandbox *box, lua_State *L, uint64_t steps);

/* Steps charged so far. */
uint64_t sandbox_steps(const struct sandbox *box);

/* Memory in use by Lua, garbage included. */
size_t sandbox_memory_bytes(const struct sandbox *box);

/* Stop the script soon: kind INTERRUPT.  Safe in a signal handler. */
void sandbox_interrupt(struct sandbox *box);

/* Push the text of the value at `index`, as the script's tostring: metamethods are honoured, NaN is
 * "nan", and objects have serial names ("table: 1") instead of addresses.  Like luaL_tolstring. */
const char *sandbox_tostring(lua_State *L, int index, size_t *length);

/* Push an array of the keys of the table at `index` in the order of the script's pairs, and return
 * their number.  Raises when a key has no order. */
lua_Integer sandbox_push_sorted_keys(lua_State *L, int index);

#endif
