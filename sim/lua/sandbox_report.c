/* An error for people: position and message, the source line with a caret, a hint, the trace. */
#include "sim/lua/sandbox_private.h"

#include "sim/base/common.h"

#include <string.h>

enum { COLUMNS_SHOWN = 100 };

/* -- What is missing, and why ---------------------------------------------------------------- */

struct hint {
    const char *name; /* as Lua names it in "(global 'os')" */
    const char *text;
};

static const struct hint hints[] = {
    { "(global 'os')", "there is no os library: a run has only its virtual clock" },
    { "(global 'io')", "there is no io library: use print, and let the simulator write files" },
    { "(global 'debug')", "there is no debug library in a scenario" },
    { "(global 'package')", "there is no package library: require finds files beside the script" },
    { "(global 'load')", "there is no load: put the code into a file beside the script" },
    { "(global 'dofile')", "there is no dofile: use require" },
    { "(global 'loadfile')", "there is no loadfile: use require" },
    { "(global 'collectgarbage')", "garbage is collected by itself, and cannot be observed" },
    { "(field 'sin')", "C libraries disagree in the last bit of sin, so it is left out" },
    { "(field 'cos')", "C libraries disagree in the last bit of cos, so it is left out" },
    { "(field 'exp')", "C libraries disagree in the last bit of exp, so it is left out" },
    { "(field 'log')", "C libraries disagree in the last bit of log, so it is left out" },
};

static void append_hint(struct sandbox_text *out, const char *message)
{
    for (size_t i = 0; i < COUNT_OF(hints); i++) {
        if (strstr(message, hints[i].name) != NULL) {
            text_printf(out, "  note: %s\n", hints[i].text);
        }
    }
}

/* -- The source line ------------------------------------------------------------------------- */

struct span {
    const char *at;
    size_t length;
};

static bool find_line(const struct sandbox_chunk *chunk, int line, struct span *span)
{
    const char *at = chunk->text;
    const char *const end = at + chunk->length;
    for (int i = 1; at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline != NULL ? newline : end;
        if (i == line) {
            *span = (struct span){ at, (size_t)(line_end - at) };
            return true;
        }
        at = newline != NULL ? newline + 1 : end;
    }
    return false;
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Where `word` stands in `line` as a token of its own, or -1. */
static long find_word(struct span line, struct span word)
{
    for (size_t i = 0; word.length > 0 && i + word.length <= line.length; i++) {
        const bool starts = i == 0 || !is_name_byte(line.at[i - 1]) || !is_name_byte(word.at[0]);
        const size_t after = i + word.length;
        const bool ends = after == line.length || !is_name_byte(line.at[after]) ||
                          !is_name_byte(word.at[word.length - 1]);
        if (starts && ends && memcmp(line.at + i, word.at, word.length) == 0) {
            return (long)i;
        }
    }
    return -1;
}

/* The token that Lua names: near 'x', (field 'x'), (global 'x'), ... */
static struct span named_token(const char *message)
{
    static const char *const openings[] = { "near '",    "(field '",   "(global '",  "(local '",
                                            "(method '", "(upvalue '", "(constant '" };
    for (size_t i = 0; i < COUNT_OF(openings); i++) {
        const char *found = strstr(message, openings[i]);
        if (found == NULL) {
            continue;
        }
        const char *word = found + strlen(openings[i]);
        const char *end = i == 0 ? strrchr(word, '\'') : strchr(word, '\'');
        if (end != NULL) {
            return (struct span){ word, (size_t)(end - word) };
        }
    }
    return (struct span){ message, 0 };
}

static size_t caret_offset(struct span line, const char *message)
{
    const long found = find_word(line, named_token(message));
    if (found >= 0) {
        return (size_t)found;
    }
    size_t blank = 0;
    while (blank < line.length && (line.at[blank] == ' ' || line.at[blank] == '\t')) {
        blank++;
    }
    return blank;
}

/* Show control bytes as '?': a script must not steer the terminal.  Tabs become one blank, so that
 * the caret stands right. */
static char printable(char c)
{
    if (c == '\t') {
        return ' ';
    }
    return (unsigned char)c < ' ' || c == 0x7f ? '?' : c;
}

/* A byte inside a UTF-8 character has no column of its own. */
static bool has_column(char c)
{
    return ((unsigned char)c & 0xC0u) != 0x80u;
}

static void append_source(struct sandbox_text *out, int number, struct span line,
                          const char *message)
{
    const size_t caret = caret_offset(line, message);
    size_t first = caret > COLUMNS_SHOWN * 3 / 4 ? caret - COLUMNS_SHOWN / 2 : 0;
    while (first > 0 && !has_column(line.at[first])) {
        first--;
    }
    text_printf(out, "%5d | ", number);
    for (size_t i = first; i < line.length && i < first + COLUMNS_SHOWN; i++) {
        text_printf(out, "%c", printable(line.at[i]));
    }
    text_printf(out, "\n      | ");
    for (size_t i = first; i < caret; i++) {
        text_printf(out, "%s", has_column(line.at[i]) ? " " : "");
    }
    text_printf(out, "^\n");
}

static void append_place(struct sandbox_text *out, const struct sandbox *box)
{
    const struct sandbox_error *error = &box->error;
    const struct sandbox_chunk *chunk = chunk_find(box, error->file);
    struct span line;
    if (chunk != NULL && error->line > 0 && find_line(chunk, error->line, &line)) {
        while (line.length > 0 && line.at[line.length - 1] == '\r') {
            line.length--;
        }
        append_source(out, error->line, line, error->message);
    }
}

/* -- The trace ------------------------------------------------------------------------------- */

/* One frame adds nothing to the position. */
static void append_trace(struct sandbox_text *out, const char *trace)
{
    const char *newline = strchr(trace, '\n');
    if (newline == NULL || newline[1] == '\0') {
        return;
    }
    while ((newline = strchr(trace, '\n')) != NULL) {
        text_printf(out, "  ");
        text_append(out, trace, (size_t)(newline + 1 - trace));
        trace = newline + 1;
    }
}

size_t sandbox_error_format(const struct sandbox *box, char *buffer, size_t size)
{
    struct sandbox_text out = { buffer, size, 0 };
    const struct sandbox_error *error = &box->error;
    buffer[0] = '\0';
    if (error->file[0] != '\0') {
        text_append(&out, error->file, strlen(error->file));
        if (error->line > 0) {
            text_printf(&out, ":%d", error->line);
        }
        text_printf(&out, ": ");
    }
    text_append(&out, error->message, strlen(error->message));
    text_printf(&out, "\n");
    append_place(&out, box);
    append_hint(&out, error->message);
    append_trace(&out, error->trace);
    return out.used;
}
