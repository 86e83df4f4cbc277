/* What the parts of the sandbox share.  Read sandbox.h first.
 *
 * Every place where Lua can catch an error is ours (pcall, xpcall, resume, wrap, close, and the
 * calls from the host); each asks limit_rethrow() before it lets the script see the error. */
#ifndef TCPSIM_LUA_SANDBOX_PRIVATE_H
#define TCPSIM_LUA_SANDBOX_PRIVATE_H

#include "sim/lua/sandbox.h"

#include <signal.h>

/* A source text that was loaded, kept to show its lines in errors. */
struct sandbox_chunk {
    struct sandbox_chunk *next;
    char *name; /* "@" and the path: Lua's chunk name */
    char *text; /* owned, `length` bytes */
    size_t length;
    char short_name[LUA_IDSIZE]; /* how Lua writes the name in messages */
};

/* An allocation that was refused once.  Lua collects garbage and asks again. */
struct sandbox_refusal {
    void *block;
    size_t size; /* 0: none */
};

struct sandbox {
    struct sandbox_config config; /* defaults filled in */
    lua_State *state;
    lua_State *running; /* the thread that executes now; NULL outside Lua */

    uint64_t steps;
    uint64_t unpaid;      /* steps for objects made since the last charge */
    uint64_t memory_work; /* bytes, or what takes as long: large blocks, strings, collections */
    size_t memory_used;
    size_t collect_above; /* collect garbage when memory_used passes this */
    struct sandbox_refusal refusal;
    bool emergency;                /* Lua collected by itself, when memory was refused */
    enum sandbox_error_kind limit; /* sticky */
    volatile sig_atomic_t interrupted;
    int closes; /* nested closings of coroutines */

    lua_Integer serials[LUA_NUMTYPES]; /* last serial name given, by type */
    struct sandbox_chunk *chunks;      /* newest first */
    char *directory;                   /* of the main script, with its "/"; NULL before */
    struct sandbox_error error;
};

/* A bounded text under construction. */
struct sandbox_text {
    char *at;
    size_t size, used;
};

/* -- sandbox_limits.c -- */
void *limit_allocate(void *context, void *block, size_t old_size, size_t new_size);
void limit_watch(lua_State *L);
void limit_note(struct sandbox *box, enum sandbox_error_kind kind);
int limit_raise(struct sandbox *box, lua_State *L, enum sandbox_error_kind kind);
void limit_note_status(struct sandbox *box, int status);
void limit_rethrow(lua_State *L, int status);
void limit_note_error(struct sandbox *box, lua_State *L, int status);
int limit_watch_errors(lua_State *L);
void limit_settle(lua_State *L);
/* Charge `count` items of which one step handles `per_step`, rounded up. */
void limit_charge(lua_State *L, uint64_t count, uint64_t per_step);
bool limit_collect_wanted(const struct sandbox *box);
int limit_collect(lua_State *L);
void limit_make_room(lua_State *L, size_t bytes);
void limit_remember_metatable(lua_State *L, int index);

/* -- sandbox_load.c -- */
enum sandbox_result load_script(struct sandbox *box, lua_State *L, const char *path);
const struct sandbox_chunk *chunk_find(const struct sandbox *box, const char *path);
void chunks_free(struct sandbox *box);

/* -- sandbox_error.c -- */
int error_trace_handler(lua_State *L);
void error_trace(struct sandbox *box, lua_State *L);
void error_from_top(struct sandbox *box, lua_State *L, enum sandbox_error_kind kind);
void error_set(struct sandbox *box, enum sandbox_error_kind kind, const char *file,
               const char *format, ...) __attribute__((format(printf, 4, 5)));
void error_clear(struct sandbox *box);
bool error_is_stack_overflow(const struct sandbox *box, lua_State *L, int index);

/* -- sandbox_text.c -- */
void text_printf(struct sandbox_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_append(struct sandbox_text *text, const char *bytes, size_t length);
/* As luaL_checklstring, but a NaN becomes "nan" on every platform. */
const char *text_check(lua_State *L, int arg, size_t *length);
/* Push the number at `index` as text. */
void text_push_number(lua_State *L, int index);

/* -- Parts of the environment.  Each has the table of globals on top and leaves it there. -- */
void base_open(lua_State *L);
void coroutine_open(lua_State *L);
void math_open(lua_State *L);
void require_open(lua_State *L);
void string_open(lua_State *L);
void table_open(lua_State *L);
void utf8_open(lua_State *L);

/* -- sandbox_library.c: how a part takes over functions of the stock libraries -- */
/* Open a stock library and push its table. */
void library_push_stock(lua_State *L, lua_CFunction opener);
/* Copy the functions in `names` (ended by NULL) from the stock table on top to the one below. */
void library_copy(lua_State *L, const char *const *names);
/* The same, but each charges the lengths of its arguments, or the size of its results. */
void library_copy_charging_arguments(lua_State *L, const char *const *names);
/* A first argument that is a number is made a text first where `subject_is_text`. */
void library_copy_charging_results(lua_State *L, const char *const *names, bool subject_is_text);
/* Wrap the stock function on top so that it charges the lengths of its arguments. */
void library_charge_arguments(lua_State *L);

/* -- single functions that have a file of their own -- */
int base_next(lua_State *L);
int base_pairs(lua_State *L);
int base_tostring(lua_State *L);
int string_find(lua_State *L);
int string_format(lua_State *L);
int string_gmatch(lua_State *L);
int string_gsub(lua_State *L);
int string_match(lua_State *L);
int table_sort(lua_State *L);
bool thread_close(struct sandbox *box, lua_State *co, int *status);

/* Keys of the registry: the addresses count. */
extern const char registry_metatables, registry_serials, registry_modules, registry_loaded,
    registry_loading;

#endif
