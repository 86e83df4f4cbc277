/* A JSON writer. */
#include "sim/observe/json.h"

#include "sim/base/panic.h"
#include "sim/observe/utf8.h"

#include <inttypes.h>
#include <string.h>

struct json json_open(FILE *out, bool pretty)
{
    return (struct json){ .out = out, .pretty = pretty };
}

/* ---- structure ------------------------------------------------------------------------------ */

static void begin_line(const struct json *json)
{
    if (json->pretty && json->depth > 0) {
        (void)fprintf(json->out, "\n%*s", (int)json->depth * 2, "");
    }
}

/* Whatever must stand before the next value or key. */
static void begin_member(struct json *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->has_members[json->depth]) {
        (void)fputc(',', json->out);
    }
    json->has_members[json->depth] = true;
    begin_line(json);
}

static void begin(struct json *json, char bracket)
{
    begin_member(json);
    (void)fputc(bracket, json->out);
    json->depth++;
    SIM_ASSERT(json->depth < JSON_DEPTH_MAX);
    json->has_members[json->depth] = false;
}

static void end(struct json *json, char bracket)
{
    SIM_ASSERT(json->depth > 0);
    bool has_members = json->has_members[json->depth];
    json->depth--;
    if (has_members && json->pretty) {
        (void)fprintf(json->out, "\n%*s", (int)json->depth * 2, "");
    }
    (void)fputc(bracket, json->out);
}

void json_begin_object(struct json *json)
{
    begin(json, '{');
}

void json_end_object(struct json *json)
{
    end(json, '}');
}

void json_begin_array(struct json *json)
{
    begin(json, '[');
}

void json_end_array(struct json *json)
{
    end(json, ']');
}

/* ---- values --------------------------------------------------------------------------------- */

static void write_character(FILE *out, uint32_t code_point, const char *bytes, size_t size)
{
    static const char named[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *found =
        code_point != 0 && code_point < 0x80 ? strchr(named, (int)code_point) : NULL;
    if (found != NULL) {
        (void)fprintf(out, "\\%c", letters[found - named]);
    } else if (code_point == UTF8_BAD) {
        (void)fputs("\\ufffd", out);
    } else if (code_point < 0x20 || code_point == 0x7f || code_point == 0x2028 ||
               code_point == 0x2029) { /* the last two end a line in old JavaScript */
        (void)fprintf(out, "\\u%04" PRIx32, code_point);
    } else {
        (void)fwrite(bytes, 1, size, out);
    }
}

static void write_string(FILE *out, const char *string)
{
    size_t left = strlen(string);
    char before = '\0';
    (void)fputc('"', out);
    while (left > 0) {
        size_t used = 0;
        uint32_t code_point = utf8_decode(string, left, &used);
        if (before == '<' && code_point == '/') {
            (void)fputc('\\', out);
        }
        write_character(out, code_point, string, used);
        before = *string;
        string += used;
        left -= used;
    }
    (void)fputc('"', out);
}

void json_key(struct json *json, const char *key)
{
    begin_member(json);
    write_string(json->out, key);
    (void)fputs(json->pretty ? ": " : ":", json->out);
    json->after_key = true;
}

void json_string(struct json *json, const char *string)
{
    if (string == NULL) {
        json_null(json);
        return;
    }
    begin_member(json);
    write_string(json->out, string);
}

void json_uint(struct json *json, uint64_t number)
{
    begin_member(json);
    (void)fprintf(json->out, "%" PRIu64, number);
}

void json_int(struct json *json, int64_t number)
{
    begin_member(json);
    (void)fprintf(json->out, "%" PRId64, number);
}

void json_bool(struct json *json, bool value)
{
    begin_member(json);
    (void)fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json)
{
    begin_member(json);
    (void)fputs("null", json->out);
}

void json_member_string(struct json *json, const char *key, const char *string)
{
    json_key(json, key);
    json_string(json, string);
}

void json_member_uint(struct json *json, const char *key, uint64_t number)
{
    json_key(json, key);
    json_uint(json, number);
}

void json_member_int(struct json *json, const char *key, int64_t number)
{
    json_key(json, key);
    json_int(json, number);
}

void json_member_bool(struct json *json, const char *key, bool value)
{
    json_key(json, key);
    json_bool(json, value);
}
