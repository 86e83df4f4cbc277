/* Did you mean? Words are compared by the number of typing slips between them: a letter left out,
 * put in, replaced, or swapped with its neighbour. */
#include "sim/lua/lua_suggest.h"

#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

enum { WORD_MAX = 32, FAR_AWAY = WORD_MAX };

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

/* `-` and `_` look the same to those who type. */
static char plain_letter(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : (char)(c == '-' ? '_' : c);
}

static int slips_between(const char *a, const char *b)
{
    const size_t a_length = strlen(a), b_length = strlen(b);
    int row[WORD_MAX + 1][WORD_MAX + 1];
    if (a_length > WORD_MAX || b_length > WORD_MAX) {
        return FAR_AWAY;
    }
    for (size_t i = 0; i <= a_length; i++) {
        for (size_t j = 0; j <= b_length; j++) {
            if (i == 0 || j == 0) {
                row[i][j] = (int)(i + j);
                continue;
            }
            const char x = plain_letter(a[i - 1]), y = plain_letter(b[j - 1]);
            int best = row[i - 1][j - 1] + (x != y);
            best = min_int(best, min_int(row[i - 1][j], row[i][j - 1]) + 1);
            if (i > 1 && j > 1 && x == plain_letter(b[j - 2]) && plain_letter(a[i - 2]) == y) {
                best = min_int(best, row[i - 2][j - 2] + 1);
            }
            row[i][j] = best;
        }
    }
    return row[a_length][b_length];
}

const char *suggest_nearest(const char *typed, const char *const *words)
{
    const char *nearest = NULL;
    int fewest = min_int(3, (int)(strlen(typed) + 2) / 3) + 1; /* short words need to be close */
    for (; *words != NULL; words++) {
        const int slips = slips_between(typed, *words);
        if (slips < fewest) {
            fewest = slips;
            nearest = *words;
        }
    }
    return nearest;
}

const char *suggest_push_list(lua_State *L, const char *const *words)
{
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (size_t i = 0; words[i] != NULL; i++) {
        luaL_addstring(&text, i > 0 ? ", " : "");
        luaL_addstring(&text, words[i]);
    }
    luaL_pushresult(&text);
    return lua_tostring(L, -1);
}

const char *suggest_push(lua_State *L, const char *typed, const char *title,
                         const char *const *words)
{
    const char *nearest = suggest_nearest(typed, words);
    if (nearest != NULL) {
        return lua_pushfstring(L, " (did you mean '%s'?)", nearest);
    }
    const char *list = suggest_push_list(L, words);
    return lua_pushfstring(L, " (%s: %s)", title, list);
}
