/* Values with a unit, as exact integers: durations, rates, sizes, fractions, addresses.
 *
 * A text such as "3.005s" is converted digit by digit, without floating point; a value that cannot
 * be expressed exactly ("0.3ns") is refused. A number is taken to be in the base unit (seconds, bits
 * a second, bytes, parts of one) and rounded in the same way on every machine. */
#ifndef TCPSIM_LUA_LUA_UNITS_H
#define TCPSIM_LUA_LUA_UNITS_H

#include "sim/base/units.h"
#include "tcpsim/packet.h"
#include "tcpsim/time.h"

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether `text` is a duration, as in "40ms"; *duration is untouched if not. */
bool unit_parse_duration(const char *text, sim_time_t *duration);

/* The value at `index`, or an error that begins with `what`, such as "'delay' in link options". */
sim_time_t unit_check_duration(lua_State *L, int index, const char *what);
uint64_t unit_check_rate(lua_State *L, int index, const char *what);     /* bits a second */
uint64_t unit_check_size(lua_State *L, int index, const char *what);     /* bytes */
uint32_t unit_check_fraction(lua_State *L, int index, const char *what); /* parts per million */
struct ip_addr unit_check_address(lua_State *L, int index, const char *what);
struct ip_prefix unit_check_prefix(lua_State *L, int index, const char *what);

/* "a table", "nil": what stands at `index` instead of what should. */
const char *unit_type_text(lua_State *L, int index);

/* Push a time as seconds, or nil for SIM_NEVER; push an address as text. */
void unit_push_time(lua_State *L, sim_time_t time);
void unit_push_address(lua_State *L, const struct ip_addr *addr);

#endif
