/* What the tests of the sealed Lua share: run a script, then ask for its output or its error. */
#ifndef TCPSIM_TEST_SANDBOX_FIXTURE_H
#define TCPSIM_TEST_SANDBOX_FIXTURE_H

#include "sim/lua/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BUDGET_TO_HIT = 4 * 1000 * 1000, BUDGET_NOT_TO_HIT = 40 * 1000 * 1000 };

struct fixture {
    struct sandbox *box;
    uint64_t random;
    size_t length;
    char output[1 << 16];
};

static inline void fixture_print(void *context, const char *text, size_t length)
{
    struct fixture *f = context;
    const size_t room = sizeof(f->output) - f->length - 1;
    const size_t taken = length < room ? length : room;
    memcpy(f->output + f->length, text, taken);
    f->length += taken;
    f->output[f->length] = '\0';
}

/* A tape that counts: 0, 1, 2, ... */
static inline uint64_t fixture_outcome(void *context, uint64_t max)
{
    struct fixture *f = context;
    const uint64_t drawn = f->random++;
    return max == UINT64_MAX ? drawn : drawn % (max + 1);
}

static inline void fixture_open(struct fixture *f, uint64_t budget, size_t memory)
{
    const struct sandbox_config config = {
        .instruction_budget = budget,
        .memory_limit_bytes = memory,
        .random_outcome = fixture_outcome,
        .print = fixture_print,
        .context = f,
    };
    f->random = 0;
    f->length = 0;
    f->output[0] = '\0';
    f->box = sandbox_create(&config);
    assert_non_null(f->box);
}

static inline void fixture_close(struct fixture *f)
{
    sandbox_destroy(f->box);
    f->box = NULL;
}

static inline enum sandbox_result fixture_run(struct fixture *f, const char *script)
{
    const enum sandbox_result result =
        sandbox_load_text(f->box, "test.lua", script, strlen(script));
    return result == SANDBOX_OK ? sandbox_call(f->box, sandbox_state(f->box), 0, 0) : result;
}

/* The script ends well and prints just this. */
static inline void assert_prints(const char *script, const char *expected)
{
    static struct fixture f;
    char error[8192];
    fixture_open(&f, 0, 0);
    if (fixture_run(&f, script) != SANDBOX_OK) {
        sandbox_error_format(f.box, error, sizeof(error));
        fail_msg("%s", error);
    }
    assert_string_equal(f.output, expected);
    fixture_close(&f);
}

/* The script fails, as a script and not by a limit, and the report for people has this text. */
static inline void assert_fails(const char *script, const char *fragment)
{
    static struct fixture f;
    char error[8192];
    fixture_open(&f, 0, 0);
    assert_int_equal(fixture_run(&f, script), SANDBOX_ERROR);
    sandbox_error_format(f.box, error, sizeof(error));
    if (strstr(error, fragment) == NULL) {
        fail_msg("'%s' is not in: %s", fragment, error);
    }
    fixture_close(&f);
}

/* The script hits this limit, under a small budget (of steps) and memory (of bytes). */
static inline void assert_hits(const char *script, enum sandbox_error_kind kind)
{
    static struct fixture f;
    fixture_open(&f, kind == SANDBOX_KIND_BUDGET ? BUDGET_TO_HIT : BUDGET_NOT_TO_HIT,
                 kind == SANDBOX_KIND_STACK ? 0 : 32 << 20);
    const enum sandbox_result result = fixture_run(&f, script);
    if (result != SANDBOX_LIMIT || sandbox_last_error(f.box)->kind != kind) {
        const struct sandbox_error *error = sandbox_last_error(f.box);
        fail_msg("result %d, kind %d (...%s), output: %s", (int)result, (int)error->kind,
                 error->message + strlen(error->message) * 9 / 10, f.output);
    }
    fixture_close(&f);
}

#endif
