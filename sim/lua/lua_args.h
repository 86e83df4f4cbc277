/* Tables of named arguments, read strictly: an unknown key, a wrong type or a value outside its
 * range is an error at the line of the script that made the call. */
#ifndef TCPSIM_LUA_LUA_ARGS_H
#define TCPSIM_LUA_LUA_ARGS_H

#include "tcpsim/time.h"

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

struct args {
    lua_State *L;
    int table;        /* its place on the stack; 0: no table was given */
    const char *what; /* "listen options", for messages */
};

/* Take the table at `index`, or nothing when it is nil or absent, or `index` is 0. Every key must be one of `keys`
 * (ended by NULL). args_open_list allows array items as well. */
void args_open(struct args *args, lua_State *L, int index, const char *what,
               const char *const *keys);
void args_open_list(struct args *args, lua_State *L, int index, const char *what,
                    const char *const *keys);

/* Push the value of `key`; false, and nothing pushed, when it is absent. */
bool args_push(const struct args *args, const char *key);

/* Push "'key' in listen options", for messages. */
const char *args_push_name(const struct args *args, const char *key);

/* Each of these leaves *value alone, and returns false, when the key is absent. */
bool args_duration(const struct args *args, const char *key, sim_time_t *value);
bool args_rate(const struct args *args, const char *key, uint64_t *value);
bool args_size(const struct args *args, const char *key, uint64_t *value);
bool args_fraction(const struct args *args, const char *key, uint32_t *ppm);
bool args_boolean(const struct args *args, const char *key, bool *value);
bool args_integer(const struct args *args, const char *key, int64_t least, int64_t most,
                  int64_t *value);
bool args_u32(const struct args *args, const char *key, uint32_t least, uint32_t most,
              uint32_t *value);
bool args_port(const struct args *args, const char *key, uint16_t *value);

/* A text that stays valid as long as the table is on the stack. */
bool args_text(const struct args *args, const char *key, const char **value);

/* The index of the value among `names` (ended by NULL). */
bool args_choice(const struct args *args, const char *key, const char *const *names, int *value);

/* Raise "'key' is missing in listen options: <advice>". */
int args_raise_missing(const struct args *args, const char *key, const char *advice);

/* The integer at `index`, in [least, most]. */
int64_t args_check_integer(lua_State *L, int index, const char *what, int64_t least, int64_t most);

#endif
