/* What there is to know about a script: its message, options, measures and head comment. */
#include "sim/lua/script.h"

#include "sim/lua/script_private.h"

#include <stdlib.h>
#include <string.h>

enum { DESCRIPTION_MAX = 16384 };

const char *script_message(const struct script *script)
{
    return script->message;
}

struct sim *script_world(const struct script *script)
{
    return script->sim;
}

void script_verdicts(const struct script *script, uint32_t *passed, uint32_t *failed)
{
    *passed = script->passed;
    *failed = script->failed;
}

const struct script_option *script_options(const struct script *script, size_t *count)
{
    *count = script->option_count;
    return script->options;
}

const char *script_option_value(const struct script *script, const char *name)
{
    for (size_t i = 0; i < script->option_count; i++) {
        if (strcmp(script->options[i].name, name) == 0) {
            return script->option_values[i];
        }
    }
    return NULL;
}

const struct script_measure *script_measures(const struct script *script, size_t *count)
{
    *count = script->measure_count;
    return script->measures;
}

/* ---- the head comment ----------------------------------------------------------------------- */

/* Where a comment line's text begins, or NULL when the line is none. */
static const char *comment_text(const char *line)
{
    line += strspn(line, " \t");
    if (strncmp(line, "--", 2) != 0 || strncmp(line, "--[", 3) == 0) {
        return NULL;
    }
    line += strspn(line, "-");
    return *line == ' ' ? line + 1 : line;
}

static bool is_preamble(const char *line, bool first)
{
    return first && strncmp(line, "#!", 2) == 0;
}

/* Append `line` (with its newline) to `text` of `used` bytes; returns the bytes used. */
static size_t append_line(char *text, size_t used, const char *line)
{
    const size_t length = strlen(line);
    if (used + length >= DESCRIPTION_MAX) {
        return used;
    }
    memcpy(text + used, line, length + 1);
    return used + length;
}

static void read_description(FILE *file, char *text)
{
    char line[1024];
    size_t used = 0;
    for (bool first = true; fgets(line, sizeof line, file) != NULL; first = false) {
        if (is_preamble(line, first)) {
            continue;
        }
        const char *comment = comment_text(line);
        if (comment == NULL) {
            break;
        }
        used = append_line(text, used, comment);
    }
    while (used > 0 && (text[used - 1] == '\n' || text[used - 1] == '\r')) {
        text[--used] = '\0';
    }
}

char *script_read_description(const char *path)
{
    char *text = calloc(1, DESCRIPTION_MAX);
    FILE *file = text == NULL ? NULL : fopen(path, "rb");
    if (file != NULL) {
        read_description(file, text);
        fclose(file);
    }
    return text;
}

const char *script_description(const struct script *script)
{
    return script->description != NULL ? script->description : "";
}
