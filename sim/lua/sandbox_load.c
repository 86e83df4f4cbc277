/* Reading scripts: text only, bounded, and told apart in the user's terms.
 *
 * The text is kept, so that an error can show its line even if the file changes meanwhile. */
#include "sim/lua/sandbox_private.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* -- Chunks ---------------------------------------------------------------------------------- */

/* As Lua shortens a chunk name for its messages. */
static void shorten_name(const char *path, char short_name[LUA_IDSIZE])
{
    const size_t length = strlen(path);
    if (length < LUA_IDSIZE) {
        memcpy(short_name, path, length + 1);
        return;
    }
    const size_t kept = LUA_IDSIZE - sizeof("...");
    memcpy(short_name, "...", 3);
    memcpy(short_name + 3, path + length - kept, kept + 1);
}

/* Take ownership of `text`; NULL when memory runs out. */
static const struct sandbox_chunk *chunk_add(struct sandbox *box, const char *path, char *text,
                                             size_t length)
{
    const size_t path_size = strlen(path) + 1;
    struct sandbox_chunk *chunk = calloc(1, sizeof(*chunk));
    char *name = malloc(path_size + 1);
    if (chunk == NULL || name == NULL) {
        free(chunk);
        free(name);
        free(text);
        return NULL;
    }
    name[0] = '@';
    memcpy(name + 1, path, path_size);
    chunk->name = name;
    chunk->text = text;
    chunk->length = length;
    shorten_name(path, chunk->short_name);
    chunk->next = box->chunks;
    box->chunks = chunk;
    return chunk;
}

const struct sandbox_chunk *chunk_find(const struct sandbox *box, const char *path)
{
    const struct sandbox_chunk *chunk = box->chunks;
    while (chunk != NULL && strcmp(chunk->name + 1, path) != 0) {
        chunk = chunk->next;
    }
    return chunk;
}

void chunks_free(struct sandbox *box)
{
    while (box->chunks != NULL) {
        struct sandbox_chunk *chunk = box->chunks;
        box->chunks = chunk->next;
        free(chunk->name);
        free(chunk->text);
        free(chunk);
    }
}

/* -- Text ------------------------------------------------------------------------------------ */

/* What to skip before the first line of Lua: a byte order mark, and `#!...` up to its newline, which
 * stays, so that lines keep their numbers. */
static size_t preamble_length(const char *text, size_t length)
{
    size_t skipped = 0;
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        skipped = 3;
    }
    if (skipped < length && text[skipped] == '#') {
        const char *newline = memchr(text + skipped, '\n', length - skipped);
        skipped = newline != NULL ? (size_t)(newline - text) : length;
    }
    return skipped;
}

static enum sandbox_result load_result(struct sandbox *box, lua_State *L, int status)
{
    if (status == LUA_OK) {
        return SANDBOX_OK;
    }
    limit_note_status(box, status);
    if (box->limit != SANDBOX_KIND_NONE) {
        lua_pop(L, 1);
        return SANDBOX_LIMIT;
    }
    error_from_top(box, L, SANDBOX_KIND_SYNTAX);
    return SANDBOX_ERROR;
}

/* Compile `text`, which is owned from here on. */
static enum sandbox_result load_owned(struct sandbox *box, lua_State *L, const char *path,
                                      char *text, size_t length)
{
    if (length > 0 && (text[0] == LUA_SIGNATURE[0] || memchr(text, '\0', length) != NULL)) {
        const bool compiled = text[0] == LUA_SIGNATURE[0];
        free(text);
        error_set(box, SANDBOX_KIND_BINARY, path, "%s",
                  compiled ? "this is compiled Lua; only Lua source text is accepted"
                           : "this is a binary file, not Lua source text");
        return SANDBOX_ERROR;
    }
    const struct sandbox_chunk *chunk = chunk_add(box, path, text, length);
    if (chunk == NULL) {
        limit_note(box, SANDBOX_KIND_MEMORY);
        return SANDBOX_LIMIT;
    }
    const size_t skipped = preamble_length(text, length);
    const int status = luaL_loadbufferx(L, text + skipped, length - skipped, chunk->name, "t");
    return load_result(box, L, status);
}

/* -- Files ----------------------------------------------------------------------------------- */

static enum sandbox_result fail_by_errno(struct sandbox *box, const char *path, int error)
{
    if (error == ENOENT || error == ENOTDIR) {
        error_set(box, SANDBOX_KIND_MISSING, path, "there is no such file");
    } else {
        error_set(box, SANDBOX_KIND_UNREADABLE, path, "the file cannot be read: %s",
                  strerror(error));
    }
    return SANDBOX_IO;
}

/* Read at most the limit and one byte, so that a device that never ends cannot hold us up. */
static enum sandbox_result read_stream(struct sandbox *box, const char *path, FILE *file,
                                       char **text, size_t *length)
{
    const size_t most = SANDBOX_FILE_LIMIT_BYTES;
    size_t size = 0, room = 0;
    *text = NULL;
    do {
        room = room == 0 ? 64 * 1024 : room * 2;
        char *grown = realloc(*text, room + 1);
        if (grown == NULL) {
            return fail_by_errno(box, path, ENOMEM);
        }
        *text = grown;
        size += fread(*text + size, 1, room - size, file);
    } while (size == room && size <= most);
    if (ferror(file)) {
        return fail_by_errno(box, path, errno);
    }
    if (size > most) {
        error_set(box, SANDBOX_KIND_TOO_LARGE, path, "the file is larger than %zu MiB", most >> 20);
        return SANDBOX_IO;
    }
    *length = size;
    return SANDBOX_OK;
}

static enum sandbox_result read_file(struct sandbox *box, const char *path, char **text,
                                     size_t *length)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return fail_by_errno(box, path, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        error_set(box, SANDBOX_KIND_DIRECTORY, path, "this is a directory, not a script");
        return SANDBOX_IO;
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return fail_by_errno(box, path, errno);
    }
    const enum sandbox_result result = read_stream(box, path, file, text, length);
    fclose(file);
    if (result != SANDBOX_OK) {
        free(*text);
    }
    return result;
}

/* Load a file and push it as a function on L. */
enum sandbox_result load_script(struct sandbox *box, lua_State *L, const char *path)
{
    if (box->limit != SANDBOX_KIND_NONE) {
        return SANDBOX_LIMIT;
    }
    char *text = NULL;
    size_t length = 0;
    const enum sandbox_result result = read_file(box, path, &text, &length);
    return result == SANDBOX_OK ? load_owned(box, L, path, text, length) : result;
}

/* Siblings live where the first script does. */
static bool remember_directory(struct sandbox *box, const char *path)
{
    if (box->directory != NULL) {
        return true;
    }
    const char *slash = strrchr(path, '/');
    const size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    box->directory = calloc(1, length + 1);
    if (box->directory == NULL) {
        return false;
    }
    memcpy(box->directory, path, length);
    return true;
}

enum sandbox_result sandbox_load_file(struct sandbox *box, const char *path)
{
    if (!remember_directory(box, path)) {
        return fail_by_errno(box, path, ENOMEM);
    }
    return load_script(box, box->state, path);
}

enum sandbox_result sandbox_load_text(struct sandbox *box, const char *name, const char *text,
                                      size_t length)
{
    if (box->limit != SANDBOX_KIND_NONE) {
        return SANDBOX_LIMIT;
    }
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        limit_note(box, SANDBOX_KIND_MEMORY);
        return SANDBOX_LIMIT;
    }
    memcpy(copy, text, length);
    return load_owned(box, box->state, name, copy, length);
}
