/* Lua patterns, matched in bounded time: the matcher counts its steps and charges them. */
#ifndef TCPSIM_LUA_SANDBOX_PATTERN_H
#define TCPSIM_LUA_SANDBOX_PATTERN_H

#include "sim/lua/sandbox.h"

enum {
    PATTERN_CAPTURES = 32, /* as Lua: LUA_MAXCAPTURES */
    PATTERN_DEPTH = 200,   /* nested matches; more is "pattern too complex" */
    PATTERN_ESCAPE = '%'
};

/* Instead of a capture's length. */
enum { CAPTURE_UNFINISHED = -1, CAPTURE_POSITION = -2 };

struct pattern_capture {
    const char *start;
    ptrdiff_t length;
};

struct pattern_match {
    const char *subject, *subject_end;
    const char *pattern_end;
    lua_State *L;
    uint32_t steps; /* not charged yet */
    int depth;      /* nested matches that are left */
    int level;      /* captures begun */
    struct pattern_capture capture[PATTERN_CAPTURES];
};

/* Prepare to match in `subject`.  The texts must stay where they are. */
void pattern_begin(struct pattern_match *match, lua_State *L, const char *subject, size_t length,
                   const char *pattern_end);

/* Match `pattern` at `at` exactly; return the end of the match, or NULL.  Raises on a malformed
 * pattern, and when the budget is used up. */
const char *pattern_match_at(struct pattern_match *match, const char *at, const char *pattern);

/* Charge the steps that are not charged yet. */
void pattern_end(struct pattern_match *match);

/* Push capture `index`, from 0; the whole match start..end stands for capture 0 if there is none. */
void pattern_push_capture(struct pattern_match *match, int index, const char *start,
                          const char *end);

/* Push all captures, or the whole match if there is none and `start` is given; return how many. */
int pattern_push_captures(struct pattern_match *match, const char *start, const char *end);

#endif
