/* What the tests of scenario scripts share: run a text as a script file, and keep what it printed,
 * noted, expected and complained about.
 *
 * The file is called t.lua; the folder is taken out of messages. PAIR is a first line with two hosts,
 * `a` and `b`, and a link `wire` of 10 ms, so that what follows begins at line 2. */
#ifndef TCPSIM_TEST_SCRIPT_FIXTURE_H
#define TCPSIM_TEST_SCRIPT_FIXTURE_H

#include "sim/lua/script.h"
#include "tcpsim/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SIM "local sim = require 'tcpsim'; "
#define PAIR                                                                          \
    SIM "local a, b = sim.host('a', { iss = 1000 }), sim.host('b', { iss = 7000 }); " \
        "local wire = sim.link(a, b, { delay = '10ms' })\n"

enum { FIXTURE_TEXT = 1 << 16 };

struct script_fixture {
    char folder[64], path[80];
    struct script *script;
    enum script_outcome outcome;
    char output[FIXTURE_TEXT];   /* what was printed */
    char notes[FIXTURE_TEXT];    /* "0.02 a: text\n" */
    char verdicts[FIXTURE_TEXT]; /* "passed t.lua:3 label: detail\n" */
    char packets[FIXTURE_TEXT];  /* "0.02 a S. 7000:7000(0)\n" of sent packets */
    char message[FIXTURE_TEXT];
    struct script_config config; /* to be changed before fixture_run */
    struct sim_limits limits;
};

static struct script_fixture fixture;

static inline void fixture_append(char *text, const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, FIXTURE_TEXT - used, format, arguments);
    va_end(arguments);
}

static inline void fixture_print(void *context, const char *text, size_t length)
{
    (void)context;
    fixture_append(fixture.output, "%.*s", (int)length, text);
}

static inline void fixture_observe(void *context, const struct sim *sim,
                                   const struct sim_fact *fact)
{
    char flags[TCP_FLAGS_TEXT_MAX];
    (void)context;
    const double time = (double)fact->time / 1e9;
    if (fact->kind == FACT_NOTE) {
        fixture_append(fixture.notes, "%.9g %s: %s\n", time, host_name(sim, fact->host),
                       fact->text);
    } else if (fact->kind == FACT_VERDICT) {
        fixture_append(fixture.verdicts, "%s %s:%d %s%s%s\n", fact->passed ? "passed" : "FAILED",
                       fact->file, fact->line, fact->text, fact->detail != NULL ? ": " : "",
                       fact->detail != NULL ? fact->detail : "");
    } else if (fact->kind == FACT_SENT) {
        const struct segment *s = &fact->packet->tcp;
        fixture_append(fixture.packets, "%.9g %s %s %u:%u(%u)\n", time, host_name(sim, fact->host),
                       tcp_flags_format_packetdrill(s->flags, flags), s->seq,
                       s->seq + s->payload.length, s->payload.length);
    }
}

static inline void fixture_world_created(void *context, struct sim *sim)
{
    (void)context;
    sim_observe(sim, fixture_observe, NULL);
}

/* Forget the last script; to be called first. */
static inline void fixture_begin(void)
{
    memset(&fixture, 0, sizeof fixture);
    strcpy(fixture.folder, "/tmp/tcpsim-test-XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    snprintf(fixture.path, sizeof fixture.path, "%s/t.lua", fixture.folder);
    fixture.config = (struct script_config){
        .path = fixture.path,
        .world_created = fixture_world_created,
        .print = fixture_print,
    };
}

static inline void fixture_write(const char *text)
{
    FILE *file = fopen(fixture.path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* The message without the folder. */
static inline void fixture_take_message(void)
{
    const char *at = script_message(fixture.script);
    const size_t length = strlen(fixture.folder);
    char *out = fixture.message;
    while (*at != '\0') {
        if (strncmp(at, fixture.folder, length) == 0 && at[length] == '/') {
            at += length + 1;
        } else {
            *out++ = *at++;
        }
    }
    *out = '\0';
}

/* Run what fixture_write wrote. The script stays, to be asked; fixture_end frees it. */
static inline enum script_outcome fixture_run(void)
{
    fixture.script = script_create(&fixture.config);
    assert_non_null(fixture.script);
    fixture.outcome = script_run(fixture.script, &fixture.limits);
    fixture_take_message();
    return fixture.outcome;
}

static inline void fixture_end(void)
{
    script_destroy(fixture.script);
    fixture.script = NULL;
    unlink(fixture.path);
    rmdir(fixture.folder);
}

static inline void run_text(const char *text)
{
    fixture_begin();
    fixture_write(text);
    fixture_run();
}

/* The script runs to its end and prints just this. */
static inline void assert_prints(const char *text, const char *expected)
{
    run_text(text);
    if (fixture.outcome != SCRIPT_OK && fixture.outcome != SCRIPT_FAILED) {
        fail_msg("%s", fixture.message);
    }
    assert_string_equal(fixture.output, expected);
    fixture_end();
}

static inline void assert_ends(const char *text, enum script_outcome outcome, const char *line)
{
    run_text(text);
    fixture.message[strcspn(fixture.message, "\n")] = '\0';
    assert_string_equal(fixture.message, line);
    assert_int_equal(fixture.outcome, outcome);
    fixture_end();
}

/* The script is wrong, and the first line of the message is this. */
static inline void assert_error(const char *text, const char *line)
{
    assert_ends(text, SCRIPT_ERROR, line);
}

/* The whole message is this. */
static inline void assert_message(const char *text, const char *message)
{
    run_text(text);
    assert_string_equal(fixture.message, message);
    assert_int_equal(fixture.outcome, SCRIPT_ERROR);
    fixture_end();
}

/* Observers are told these verdicts. */
static inline void assert_verdicts(const char *text, const char *expected)
{
    run_text(text);
    if (fixture.outcome != SCRIPT_OK && fixture.outcome != SCRIPT_FAILED) {
        fail_msg("%s", fixture.message);
    }
    assert_string_equal(fixture.verdicts, expected);
    fixture_end();
}

static inline void assert_notes(const char *text, const char *expected)
{
    run_text(text);
    if (fixture.outcome != SCRIPT_OK) {
        fail_msg("%s", fixture.message);
    }
    assert_string_equal(fixture.notes, expected);
    fixture_end();
}

#endif
