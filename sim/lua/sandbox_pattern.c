/* The matcher of Lua patterns (Lua 5.4 manual, 6.4.1).
 *
 * It backtracks like Lua's own, since the semantics ask for that, but it counts every comparison, so
 * that `.-.-.-b` on a long text ends at the budget instead of next year.  Letters, digits and the
 * like are those of ASCII, whatever the locale. */
#include "sim/lua/sandbox_pattern.h"

#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <string.h>

enum { STEPS_PER_CHARGE = 2048 };

static const char *match_here(struct pattern_match *m, const char *s, const char *p);

static void count_steps(struct pattern_match *m, size_t steps)
{
    if (steps < STEPS_PER_CHARGE) {
        m->steps += (uint32_t)steps;
        if (m->steps >= STEPS_PER_CHARGE) {
            pattern_end(m);
        }
        return;
    }
    sandbox_charge(sandbox_of(m->L), m->L, steps);
}

void pattern_end(struct pattern_match *m)
{
    const uint32_t steps = m->steps;
    m->steps = 0;
    sandbox_charge(sandbox_of(m->L), m->L, steps);
}

/* -- Single characters ----------------------------------------------------------------------- */

static bool is_between(unsigned char c, unsigned char low, unsigned char high)
{
    return c >= low && c <= high;
}

static bool is_letter(unsigned char c)
{
    return is_between(c, 'a', 'z') || is_between(c, 'A', 'Z');
}

static bool is_digit(unsigned char c)
{
    return is_between(c, '0', '9');
}

static bool is_graphic(unsigned char c)
{
    return is_between(c, '!', '~');
}

/* Whether `c` is in the class that a lower-case letter names; *known is false for no such class. */
static bool is_in_lower_class(unsigned char c, int letter, bool *known)
{
    *known = true;
    switch (letter) {
    case 'a':
        return is_letter(c);
    case 'c':
        return c < ' ' || c == 127;
    case 'd':
        return is_digit(c);
    case 'g':
        return is_graphic(c);
    case 'l':
        return is_between(c, 'a', 'z');
    case 'p':
        return is_graphic(c) && !is_letter(c) && !is_digit(c);
    case 's':
        return c == ' ' || is_between(c, '\t', '\r');
    case 'u':
        return is_between(c, 'A', 'Z');
    case 'w':
        return is_letter(c) || is_digit(c);
    case 'x':
        return is_digit(c) || is_between(c, 'a', 'f') || is_between(c, 'A', 'F');
    case 'z': /* deprecated, but Lua still has it */
        return c == '\0';
    default:
        *known = false;
        return false;
    }
}

/* What follows a '%': an upper-case letter is the complement, and no class stands for itself. */
static bool matches_class(unsigned char c, unsigned char class)
{
    const bool is_upper = is_between(class, 'A', 'Z');
    bool known;
    const bool inside = is_in_lower_class(c, is_upper ? class + ('a' - 'A') : class, &known);
    return known ? inside != is_upper : class == c;
}

/* Whether `c` is in the set from `p` on '[' to `last` on ']'. */
static bool matches_set(struct pattern_match *m, unsigned char c, const char *p, const char *last)
{
    bool positive = true;
    count_steps(m, (size_t)(last - p) / 4);
    if (p[1] == '^') {
        positive = false;
        p++;
    }
    while (++p < last) {
        if (*p == PATTERN_ESCAPE) {
            p++;
            if (matches_class(c, (unsigned char)*p)) {
                return positive;
            }
        } else if (p[1] == '-' && p + 2 < last) {
            p += 2;
            if (is_between(c, (unsigned char)p[-2], (unsigned char)*p)) {
                return positive;
            }
        } else if ((unsigned char)*p == c) {
            return positive;
        }
    }
    return !positive;
}

/* The end of a set; `p` is behind its '['. */
static const char *set_end(struct pattern_match *m, const char *p)
{
    const char *const start = p;
    if (*p == '^') {
        p++;
    }
    do { /* a ']' that comes first is an item */
        if (p == m->pattern_end) {
            luaL_error(m->L, "malformed pattern (missing ']')");
        }
        if (*(p++) == PATTERN_ESCAPE && p < m->pattern_end) {
            p++;
        }
    } while (*p != ']');
    count_steps(m, (size_t)(p - start) / 4);
    return p + 1;
}

/* The end of the single item that starts at `p`. */
static const char *item_end(struct pattern_match *m, const char *p)
{
    switch (*p++) {
    case PATTERN_ESCAPE:
        if (p == m->pattern_end) {
            luaL_error(m->L, "malformed pattern (ends with '%%')");
        }
        return p + 1;
    case '[':
        return set_end(m, p);
    default:
        return p;
    }
}

/* Whether the character at `s` matches the item from `p` to `end`. */
static bool matches_item(struct pattern_match *m, const char *s, const char *p, const char *end)
{
    count_steps(m, 1);
    if (s == NULL || s >= m->subject_end) {
        return false;
    }
    const unsigned char c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case PATTERN_ESCAPE:
        return matches_class(c, (unsigned char)p[1]);
    case '[':
        return matches_set(m, c, p, end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

/* -- Repetitions ----------------------------------------------------------------------------- */

static const char *match_most(struct pattern_match *m, const char *s, const char *p,
                              const char *end)
{
    ptrdiff_t count = 0;
    while (matches_item(m, s + count, p, end)) {
        count++;
    }
    for (; count >= 0; count--) {
        const char *result = pattern_match_at(m, s + count, end + 1);
        if (result != NULL) {
            return result;
        }
    }
    return NULL;
}

static const char *match_fewest(struct pattern_match *m, const char *s, const char *p,
                                const char *end)
{
    for (;; s++) {
        const char *result = pattern_match_at(m, s, end + 1);
        if (result != NULL) {
            return result;
        }
        if (!matches_item(m, s, p, end)) {
            return NULL;
        }
    }
}

/* -- Captures -------------------------------------------------------------------------------- */

static const char *start_capture(struct pattern_match *m, const char *s, const char *p,
                                 ptrdiff_t what)
{
    if (m->level >= PATTERN_CAPTURES) {
        luaL_error(m->L, "too many captures");
    }
    m->capture[m->level++] = (struct pattern_capture){ s, what };
    const char *result = pattern_match_at(m, s, p);
    if (result == NULL) {
        m->level--;
    }
    return result;
}

static int capture_to_close(struct pattern_match *m)
{
    for (int level = m->level - 1; level >= 0; level--) {
        if (m->capture[level].length == CAPTURE_UNFINISHED) {
            return level;
        }
    }
    return luaL_error(m->L, "invalid pattern capture");
}

static const char *end_capture(struct pattern_match *m, const char *s, const char *p)
{
    struct pattern_capture *capture = &m->capture[capture_to_close(m)];
    capture->length = s - capture->start;
    const char *result = pattern_match_at(m, s, p);
    if (result == NULL) {
        capture->length = CAPTURE_UNFINISHED;
    }
    return result;
}

/* %1 to %9: the same text again. */
static const char *match_back_reference(struct pattern_match *m, const char *s, unsigned char digit)
{
    const int index = digit - '1';
    if (index < 0 || index >= m->level || m->capture[index].length == CAPTURE_UNFINISHED) {
        luaL_error(m->L, "invalid capture index %%%d", index + 1);
    }
    const size_t length = (size_t)m->capture[index].length; /* a position is longer than any text */
    if ((size_t)(m->subject_end - s) < length) {
        return NULL;
    }
    count_steps(m, length / 16 + 1);
    return memcmp(m->capture[index].start, s, length) == 0 ? s + length : NULL;
}

/* -- %b and %f ------------------------------------------------------------------------------- */

/* `p` is behind "%b". */
static const char *match_balance(struct pattern_match *m, const char *s, const char *p)
{
    if (p >= m->pattern_end - 1) {
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    }
    if (s >= m->subject_end || *s != *p) {
        return NULL;
    }
    ptrdiff_t open = 1;
    while (++s < m->subject_end) {
        count_steps(m, 1);
        if (*s == p[1]) {
            if (--open == 0) {
                return s + 1;
            }
        } else if (*s == *p) {
            open++;
        }
    }
    return NULL;
}

/* `*p` is behind "%f", and moves behind the set.  The text has a '\0' before and behind it. */
static bool is_at_frontier(struct pattern_match *m, const char *s, const char **p)
{
    const char *const set = *p;
    if (*set != '[') {
        luaL_error(m->L, "missing '[' after '%%f' in pattern");
    }
    *p = item_end(m, set);
    const unsigned char before = s == m->subject ? '\0' : (unsigned char)s[-1];
    const unsigned char after = s == m->subject_end ? '\0' : (unsigned char)*s;
    return !matches_set(m, before, set, *p - 1) && matches_set(m, after, set, *p - 1);
}

/* -- One step -------------------------------------------------------------------------------- */

/* What a step found: the match is decided (*s is its end, or NULL), or goes on at *s and *p. */
enum progress { DECIDED, GOES_ON };

static enum progress decide(const char **s, const char *end)
{
    *s = end;
    return DECIDED;
}

/* A single item with what repeats it.  Where the item may be left out and does not match, the match
 * goes on without another level of recursion. */
static enum progress match_item(struct pattern_match *m, const char **s, const char **p)
{
    const char *const item = *p;
    const char *const end = item_end(m, item);
    const char suffix = end < m->pattern_end ? *end : '\0';
    const bool is_optional = suffix == '*' || suffix == '-' || suffix == '?';
    if (!matches_item(m, *s, item, end)) {
        *p = end + 1;
        return is_optional ? GOES_ON : decide(s, NULL);
    }
    const char *result;
    switch (suffix) {
    case '*':
        return decide(s, match_most(m, *s, item, end));
    case '+':
        return decide(s, match_most(m, *s + 1, item, end));
    case '-':
        return decide(s, match_fewest(m, *s, item, end));
    case '?':
        result = pattern_match_at(m, *s + 1, end + 1);
        *p = end + 1;
        return result != NULL ? decide(s, result) : GOES_ON;
    default:
        *s += 1;
        *p = end;
        return GOES_ON;
    }
}

static enum progress match_escape(struct pattern_match *m, const char **s, const char **p)
{
    const char *const what = *p + 1;
    if (*what == 'b') {
        *s = match_balance(m, *s, what + 1);
        *p = what + 3;
        return *s != NULL ? GOES_ON : DECIDED;
    }
    if (*what == 'f') {
        *p = what + 1;
        return is_at_frontier(m, *s, p) ? GOES_ON : decide(s, NULL);
    }
    if (is_digit((unsigned char)*what)) {
        *s = match_back_reference(m, *s, (unsigned char)*what);
        *p = what + 1;
        return *s != NULL ? GOES_ON : DECIDED;
    }
    return match_item(m, s, p);
}

static enum progress match_step(struct pattern_match *m, const char **s, const char **p)
{
    switch (**p) {
    case '(':
        return decide(s, (*p)[1] == ')' ? start_capture(m, *s, *p + 2, CAPTURE_POSITION)
                                        : start_capture(m, *s, *p + 1, CAPTURE_UNFINISHED));
    case ')':
        return decide(s, end_capture(m, *s, *p + 1));
    case '$':
        if (*p + 1 == m->pattern_end) {
            return decide(s, *s == m->subject_end ? *s : NULL);
        }
        return match_item(m, s, p);
    case PATTERN_ESCAPE:
        return match_escape(m, s, p);
    default:
        return match_item(m, s, p);
    }
}

static const char *match_here(struct pattern_match *m, const char *s, const char *p)
{
    while (p != m->pattern_end) {
        if (match_step(m, &s, &p) == DECIDED) {
            return s;
        }
    }
    return s;
}

const char *pattern_match_at(struct pattern_match *m, const char *at, const char *pattern)
{
    count_steps(m, 1);
    if (m->depth-- == 0) {
        luaL_error(m->L, "pattern too complex");
    }
    const char *result = match_here(m, at, pattern);
    m->depth++;
    return result;
}

/* -- Around a match -------------------------------------------------------------------------- */

void pattern_begin(struct pattern_match *m, lua_State *L, const char *subject, size_t length,
                   const char *pattern_end_at)
{
    m->subject = subject;
    m->subject_end = subject + length;
    m->pattern_end = pattern_end_at;
    m->L = L;
    m->steps = 0;
    m->depth = PATTERN_DEPTH;
    m->level = 0;
}

void pattern_push_capture(struct pattern_match *m, int index, const char *start, const char *end)
{
    if (index >= m->level) {
        if (index != 0) {
            luaL_error(m->L, "invalid capture index %%%d", index + 1);
        }
        lua_pushlstring(m->L, start, (size_t)(end - start));
        return;
    }
    const struct pattern_capture *capture = &m->capture[index];
    if (capture->length == CAPTURE_UNFINISHED) {
        luaL_error(m->L, "unfinished capture");
    }
    if (capture->length == CAPTURE_POSITION) {
        lua_pushinteger(m->L, capture->start - m->subject + 1);
    } else {
        lua_pushlstring(m->L, capture->start, (size_t)capture->length);
    }
}

int pattern_push_captures(struct pattern_match *m, const char *start, const char *end)
{
    const int count = m->level == 0 && start != NULL ? 1 : m->level;
    luaL_checkstack(m->L, count, "too many captures");
    for (int i = 0; i < count; i++) {
        pattern_push_capture(m, i, start, end);
    }
    return count;
}
