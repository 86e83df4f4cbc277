/* Limits of the sealed Lua: instructions, C work, memory, and the sticky state after a hit.
 *
 * Instructions are counted by a hook; C functions charge what they do, about 4 ns a step.  Tables and
 * closures are charged when they are made: one instruction may make one, and its share of the later
 * collection costs more than the instruction.  The allocator sees them by the type that Lua tells it,
 * and the next charge pays.  The count is the same in every run, because a program makes its tables
 * and closures in the same places whatever the seed of Lua's hashes, and because the hook and the
 * charges that pay for them come after the same instructions; the table of a collection, whose time
 * may differ, is left out.  Strings are not in that count: Lua makes none if an equal one was not yet
 * collected.  They, large blocks and collections have a budget of their own (memory_work), since one
 * `..` may copy megabytes.  A hit is recorded once, and then raised again at every
 * chance: the hook fires on each instruction, and no catcher of ours lets go of it.
 *
 * Garbage is collected only here, at points between instructions, because a script can make a
 * metatable weak by an assignment that nobody sees (mt.__mode = "k").  During our collection such
 * fields are taken out, so that weakness has no effect.  Lua itself collects only when the allocator
 * refuses; if some table is weak just then, that is a hit of the memory limit.
 *
 * A stack overflow is a limit, too, since how deep a stack may be is a property of the installed Lua
 * and of the C calls on it.  Lua tells it only by its message, so every protected call watches the
 * errors where they are raised, before a __close can put another in their place.
 *
 * What this cannot bound: a single instruction that compares or copies very much (two equal strings
 * of 200 MB, a call with 900,000 varargs), or that writes a float as text to find that the string
 * is already there (1e308 .. ""), counts as one.  sandbox_interrupt is the way out. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <stdlib.h>

enum {
    CAUGHT_STEPS = 80,   /* an error: its text, its way up, the jump */
    HOOK_INTERVAL = 100, /* instructions; a smaller one costs time, a larger one precision */
    TABLE_STEPS = 15,    /* to make, and to collect */
    CLOSURE_STEPS = 10,
    STRING_BYTES = 1024,         /* the work of a new string, as bytes of a large block */
    LARGE_BLOCK_BYTES = 4096,    /* smaller blocks cost no more than the instruction itself */
    MEMORY_BYTES_PER_STEP = 32,  /* copied at some GB/s */
    HUGE_BLOCK_BYTES = 16 << 20, /* from here on each block is fresh pages of the system */
    HUGE_FACTOR = 8,
    COLLECT_AT_LEAST = 8 << 20, /* bytes: below this garbage is no trouble */
    INTERRUPT_PENDING = 1
};

const char registry_metatables = 0;

/* -- The sticky state ------------------------------------------------------------------------ */

static const char *limit_text(enum sandbox_error_kind kind)
{
    switch (kind) {
    case SANDBOX_KIND_BUDGET:
        return "the script used up its instruction budget (an endless loop?)";
    case SANDBOX_KIND_MEMORY:
        return "the script reached its memory limit";
    case SANDBOX_KIND_STACK:
        return "stack overflow";
    case SANDBOX_KIND_INTERRUPT:
        return "interrupted";
    case SANDBOX_KIND_NONE:
    case SANDBOX_KIND_RUNTIME:
    case SANDBOX_KIND_SYNTAX:
    case SANDBOX_KIND_BINARY:
    case SANDBOX_KIND_MISSING:
    case SANDBOX_KIND_DIRECTORY:
    case SANDBOX_KIND_UNREADABLE:
    case SANDBOX_KIND_TOO_LARGE:
        break;
    }
    return "no limit";
}

/* Record that a limit is hit.  Only the first hit counts.  Allocates nothing, so that the allocator
 * may call it. */
void limit_note(struct sandbox *box, enum sandbox_error_kind kind)
{
    if (box->limit != SANDBOX_KIND_NONE) {
        return;
    }
    box->limit = kind;
    error_clear(box);
    if (box->running != NULL) {
        error_trace(box, box->running);
    }
    box->error.kind = kind;
    struct sandbox_text message = { box->error.message, sizeof(box->error.message), 0 };
    text_printf(&message, "%s", limit_text(kind));
}

static void count_hook(lua_State *L, lua_Debug *record);

/* Hit a limit, or hit it again, and leave the script.  The error object is a light userdata: it
 * needs no memory, and no script can make one.  Does not return. */
int limit_raise(struct sandbox *box, lua_State *L, enum sandbox_error_kind kind)
{
    limit_note(box, kind);
    lua_sethook(L, count_hook, LUA_MASKCOUNT, 1);
    lua_pushlightuserdata(L, box); /* Lua keeps spare slots for just this */
    return lua_error(L);
}

/* For those who caught an error with `status`: note it if it tells of a lack of memory.  Buffers of
 * Lua's auxiliary library ask once only and raise an ordinary error, so a refusal that is still open
 * is one, too. */
void limit_note_status(struct sandbox *box, int status)
{
    const bool failed = status != LUA_OK && status != LUA_YIELD;
    if (status == LUA_ERRMEM || (failed && box->refusal.size != 0)) {
        limit_note(box, SANDBOX_KIND_MEMORY);
    }
}

/* For those who caught an error whose object is on top of L. */
void limit_note_error(struct sandbox *box, lua_State *L, int status)
{
    limit_note_status(box, status);
    if (status == LUA_ERRERR ||
        (status == LUA_ERRRUN && error_is_stack_overflow(box, L, lua_gettop(L)))) {
        limit_note(box, SANDBOX_KIND_STACK);
    }
}

/* Message handler of the script's protected calls: it sees an error where it is raised. */
int limit_watch_errors(lua_State *L)
{
    struct sandbox *box = sandbox_of(L);
    if (error_is_stack_overflow(box, L, 1)) {
        limit_note(box, SANDBOX_KIND_STACK);
        lua_sethook(L, count_hook, LUA_MASKCOUNT, 1);
    }
    lua_settop(L, 1);
    return 1;
}

/* The same for those inside a script: leave again if the error was, or hides, a limit. */
void limit_rethrow(lua_State *L, int status)
{
    struct sandbox *box = sandbox_of(L);
    limit_note_error(box, L, status);
    if (box->limit != SANDBOX_KIND_NONE) {
        limit_raise(box, L, box->limit);
    }
    if (status != LUA_OK && status != LUA_YIELD) {
        sandbox_charge(box, L, CAUGHT_STEPS);
    }
}

void sandbox_interrupt(struct sandbox *box)
{
    box->interrupted = INTERRUPT_PENDING;
}

/* -- Instructions and C work ----------------------------------------------------------------- */

void sandbox_charge(struct sandbox *box, lua_State *L, uint64_t steps)
{
    const uint64_t left = box->config.instruction_budget - box->steps;
    steps += box->unpaid;
    box->unpaid = 0;
    box->steps += steps < left ? steps : left;
    if (box->limit != SANDBOX_KIND_NONE) {
        limit_raise(box, L, box->limit);
    }
    if (box->interrupted) {
        limit_raise(box, L, SANDBOX_KIND_INTERRUPT);
    }
    if (steps >= left) {
        limit_raise(box, L, SANDBOX_KIND_BUDGET);
    }
    if (limit_collect_wanted(box)) {
        limit_collect(L);
    }
}

void limit_charge(lua_State *L, uint64_t count, uint64_t per_step)
{
    sandbox_charge(sandbox_of(L), L, count / per_step + 1);
}

uint64_t sandbox_steps(const struct sandbox *box)
{
    return box->steps;
}

size_t sandbox_memory_bytes(const struct sandbox *box)
{
    return box->memory_used;
}

static void count_hook(lua_State *L, lua_Debug *record)
{
    (void)record;
    sandbox_charge(sandbox_of(L), L, HOOK_INTERVAL);
}

/* -- Memory ---------------------------------------------------------------------------------- */

/* Lua asks a second time after it collected garbage.  Refused again, or gone on to another request,
 * it has given up: that is the hit. */
static void *refuse(struct sandbox *box, void *block, size_t size)
{
    if (box->refusal.size != 0) {
        limit_note(box, SANDBOX_KIND_MEMORY);
    }
    box->refusal = (struct sandbox_refusal){ block, size };
    return NULL;
}

/* A request is granted.  Unless it repeats the refused one, Lua has given that one up. */
static void note_granted(struct sandbox *box, bool repeats_refused)
{
    if (box->refusal.size == 0) {
        return;
    }
    if (!repeats_refused) {
        limit_note(box, SANDBOX_KIND_MEMORY);
    }
    box->refusal.size = 0;
    box->emergency = true;
    box->memory_work += box->memory_used; /* Lua collected: see limit_collect */
}

/* What the allocator alone sees has a budget of its own, since how often a table grows depends on the
 * seed of Lua's hashes: the count of instructions must not. */
static bool memory_work_is_affordable(struct sandbox *box, size_t size, bool is_string)
{
    if (is_string) {
        box->memory_work += STRING_BYTES;
    }
    if (size >= LARGE_BLOCK_BYTES) {
        box->memory_work += size < HUGE_BLOCK_BYTES ? size : HUGE_FACTOR * (uint64_t)size;
    }
    if (box->memory_work / MEMORY_BYTES_PER_STEP > box->config.instruction_budget) {
        limit_note(box, SANDBOX_KIND_BUDGET);
    }
    return box->limit == SANDBOX_KIND_NONE;
}

/* The steps for a new object of this type. */
static unsigned creation_steps(int type)
{
    return type == LUA_TTABLE ? TABLE_STEPS : type == LUA_TFUNCTION ? CLOSURE_STEPS : 0;
}

/* `type` is that of a new object, 0 of anything else. */
static void *grow(struct sandbox *box, void *block, size_t old_size, size_t new_size, int type)
{
    if (new_size - old_size > box->config.memory_limit_bytes - box->memory_used) {
        return refuse(box, block, new_size);
    }
    if (!memory_work_is_affordable(box, new_size, type == LUA_TSTRING)) {
        return NULL;
    }
    const bool repeats = box->refusal.block == block && box->refusal.size == new_size;
    void *moved = realloc(block, new_size);
    if (moved == NULL) {
        return refuse(box, block, new_size);
    }
    note_granted(box, repeats);
    box->memory_used += new_size - old_size;
    box->unpaid += creation_steps(type);
    return moved;
}

/* lua_Alloc.  Lua passes a type tag as the old size of a new block. */
void *limit_allocate(void *context, void *block, size_t old_size, size_t new_size)
{
    struct sandbox *box = context;
    const size_t size_before = block == NULL ? 0 : old_size;
    if (new_size > size_before) {
        return grow(box, block, size_before, new_size, block == NULL ? (int)old_size : 0);
    }
    box->memory_used -= size_before - new_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    void *moved = realloc(block, new_size);
    if (moved == NULL) {
        return block; /* Lua takes it that shrinking cannot fail */
    }
    return moved;
}

/* -- Garbage --------------------------------------------------------------------------------- */

/* Remember a metatable that a script uses, weakly, for limit_collect. */
void limit_remember_metatable(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_metatables);
    lua_pushvalue(L, index);
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_pushvalue(L, index);
        lua_pushboolean(L, true);
        lua_rawset(L, -4);
    }
    lua_pop(L, 2);
}

bool limit_collect_wanted(const struct sandbox *box)
{
    return box->memory_used > box->collect_above || box->emergency;
}

/* Push a table from each known metatable that has a __mode to that mode; say whether there is one. */
static bool push_weak_modes(lua_State *L)
{
    bool any = false;
    lua_newtable(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_metatables);
    lua_pushnil(L);
    while (lua_next(L, -2)) { /* modes, metatables, metatable, true */
        lua_pop(L, 1);
        lua_pushliteral(L, "__mode");
        if (lua_rawget(L, -2) != LUA_TNIL) {
            any = true;
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, -5);
        } else {
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
    return any;
}

/* Take the fields out of the metatables (`restore` false) or put them back, by the table on top. */
static void set_weak_modes(lua_State *L, bool restore)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) { /* modes, metatable, mode */
        if (!restore) {
            lua_pop(L, 1);
            lua_pushnil(L);
        }
        lua_pushliteral(L, "__mode");
        lua_insert(L, -2);
        lua_rawset(L, -3);
    }
}

/* The heap may double before the next collection, but not use up the room that is left.  Where little
 * is left, collecting again and again would gain nothing: Lua does it when memory is refused. */
static size_t next_collection(const struct sandbox *box)
{
    const size_t used = box->memory_used;
    const size_t limit = box->config.memory_limit_bytes;
    const size_t room = limit > used ? (limit - used) / 2 : 0;
    const size_t growth = used > COLLECT_AT_LEAST ? used : COLLECT_AT_LEAST;
    if (room < limit / 16) {
        return limit;
    }
    return used + (growth < room ? growth : room);
}

/* Bring Lua's buffers to make what they make once.  How long a text needs it is the platform's. */
void limit_settle(lua_State *L)
{
    luaL_Buffer buffer;
    luaL_buffinitsize(L, &buffer, 2 * LUAL_BUFFERSIZE);
    luaL_pushresult(&buffer);
    lua_pop(L, 1);
}

/* Start to count on the main thread; threads made from it inherit the hook. */
void limit_watch(lua_State *L)
{
    struct sandbox *box = sandbox_of(L);
    box->collect_above = next_collection(box);
    box->unpaid = 0; /* the libraries are not the script's */
    lua_sethook(L, count_hook, LUA_MASKCOUNT, HOOK_INTERVAL);
}

/* Collect garbage so that no script can tell.  A lua_CFunction, so that the host can protect it. */
int limit_collect(lua_State *L)
{
    struct sandbox *box = sandbox_of(L);
    luaL_checkstack(L, 8, NULL);
    const uint64_t unpaid = box->unpaid; /* the table below is not the script's */
    const bool any = push_weak_modes(L);
    if (box->emergency && any) {
        return limit_raise(box, L, SANDBOX_KIND_MEMORY);
    }
    box->emergency = false;
    box->memory_work += box->memory_used; /* a full heap that is collected for ever must end, too */
    set_weak_modes(L, false);
    lua_gc(L, LUA_GCCOLLECT);
    set_weak_modes(L, true);
    lua_pop(L, 1);
    box->unpaid = unpaid;
    box->collect_above = next_collection(box);
    return 0;
}

/* Collect before a block of `bytes` is asked for, if it would not fit beside the garbage. */
void limit_make_room(lua_State *L, size_t bytes)
{
    const struct sandbox *box = sandbox_of(L);
    if (bytes > (box->config.memory_limit_bytes - box->memory_used) / 2) {
        limit_collect(L);
    }
}
