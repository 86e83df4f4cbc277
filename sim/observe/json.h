/* A JSON writer (RFC 8259): objects, arrays, strings, integers, booleans, null. No floats, so that
 * numbers are the same bytes everywhere.
 *
 * The caller names things in the order in which they are to appear. Nesting is asserted by depth
 * only. Write errors: see ferror(out). */
#ifndef TCPSIM_OBSERVE_JSON_H
#define TCPSIM_OBSERVE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH_MAX = 16 };

struct json {
    FILE *out;
    bool pretty;                      /* one member a line, indented by two blanks */
    bool has_members[JSON_DEPTH_MAX]; /* something was written at this depth */
    uint32_t depth;
    bool after_key;
};

/* A writer on `out`, which the caller owns. */
struct json json_open(FILE *out, bool pretty);

void json_begin_object(struct json *json);
void json_end_object(struct json *json);
void json_begin_array(struct json *json);
void json_end_array(struct json *json);

/* The name of the next member. */
void json_key(struct json *json, const char *key);

/* Values. A NULL string is null. Strings may hold anything: what is not UTF-8 becomes U+FFFD, and
 * "</" is written "<\/" so that the text can stand inside an HTML <script>. */
void json_string(struct json *json, const char *string);
void json_uint(struct json *json, uint64_t number);
void json_int(struct json *json, int64_t number);
void json_bool(struct json *json, bool value);
void json_null(struct json *json);

/* A member: key and value. */
void json_member_string(struct json *json, const char *key, const char *string);
void json_member_uint(struct json *json, const char *key, uint64_t number);
void json_member_int(struct json *json, const char *key, int64_t number);
void json_member_bool(struct json *json, const char *key, bool value);

#endif
