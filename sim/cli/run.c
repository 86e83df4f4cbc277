/* `tcpsim run`: one scenario, or one for each value of --compare. */
#include "sim/base/common.h"
#include "sim/cli/cli.h"
#include "sim/cli/run_once.h"
#include "sim/cli/run_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- --help of a scenario ------------------------------------------------------------------- */

static void print_options(const struct script *script)
{
    size_t count;
    const struct script_option *options = script_options(script, &count);
    if (count == 0) {
        puts("It has no options.");
        return;
    }
    puts("options (--set NAME=VALUE, --compare NAME=A,B):");
    for (size_t i = 0; i < count; i++) {
        printf("  %s = %s", options[i].name, options[i].default_text);
        if (options[i].choices_text != NULL) {
            printf("   (%s)", options[i].choices_text);
        }
        if (options[i].help != NULL) {
            printf("   %s", options[i].help);
        }
        putchar('\n');
    }
}

static int describe(const struct run_options *options)
{
    const struct script_config config = { .path = options->file, .describe_only = true };
    struct script *script = script_create(&config);
    if (script == NULL) {
        fputs("tcpsim: out of memory\n", stderr);
        return EXIT_LIMIT;
    }
    enum script_outcome outcome = script_begin(script);
    int code = run_exit_code(outcome);
    if (outcome == SCRIPT_OK) {
        printf("%s\n\n", script_description(script));
        print_options(script);
    } else {
        fputs(script_message(script), stderr);
    }
    script_destroy(script);
    return code;
}

/* ---- one run -------------------------------------------------------------------------------- */

/* "again: tcpsim run FILE --seed 3 --set loss=0.1": what gives the same run once more. */
static void print_again(const struct run_options *options)
{
    printf("again: tcpsim run %s --seed %" PRIu64, options->file, options->seed);
    for (uint32_t i = 0; i < options->setting_count; i++) {
        printf(" --set %s=%s", options->settings[i].name, options->settings[i].value);
    }
    putchar('\n');
}

static void print_counts(const struct run_result *result)
{
    if (result->passed + result->failed == 0) {
        fputs("no expectations", stdout);
    } else if (result->failed == 0) {
        printf("%" PRIu32 " passed", result->passed);
    } else if (result->passed == 0) {
        printf("%" PRIu32 " failed", result->failed);
    } else {
        printf("%" PRIu32 " failed, %" PRIu32 " passed", result->failed, result->passed);
    }
}

static int verify(const struct run_options *options)
{
    struct run_options quiet = *options;
    quiet.view = VIEW_NONE;
    quiet.json = false;
    quiet.watch_count = 0;
    quiet.jsonl = NULL;
    struct run_result first, second;
    run_once(&quiet, RUN_SILENT, &first);
    run_once(&quiet, RUN_SILENT, &second);
    if (first.message[0] != '\0') {
        fputs(first.message, stderr);
    }
    if (first.outcome != second.outcome || first.digest != second.digest ||
        first.facts != second.facts) {
        printf("verify: the two runs differ: %" PRIu64 " facts, digest %016" PRIx64
               " against %" PRIu64 " facts, digest %016" PRIx64 "\n",
               first.facts, first.digest, second.facts, second.digest);
        return EXIT_NONDETERMINISTIC;
    }
    printf("verify: seed %" PRIu64 ", two runs, %" PRIu64
           " facts, no difference, digest=%016" PRIx64 "\n",
           options->seed, first.facts, first.digest);
    return run_exit_code(first.outcome);
}

static int run_single(const struct run_options *options)
{
    struct run_result result;
    run_once(options, options->json ? RUN_JSON : RUN_SHOWN, &result);
    fflush(stdout);
    if (result.message[0] != '\0') {
        fputs(result.message, stderr);
        return run_exit_code(result.outcome);
    }
    if (!options->json) {
        print_counts(&result);
        putchar('\n');
        if (result.failed > 0) {
            print_again(options);
        }
    }
    return run_exit_code(result.outcome);
}

/* ---- --compare ------------------------------------------------------------------------------ */

/* "two-way 2 failed . three-way 2 passed" */
static void print_comparison(const struct run_options *options, const struct run_result *results,
                             uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        fputs(i == 0 ? "" : options->style.ascii ? " | " : " · ", stdout);
        printf("%s ", options->compare_values[i]);
        print_counts(&results[i]);
    }
    putchar('\n');
}

/* The same options with the compared one set. */
static bool with_setting(const struct run_options *options, uint32_t index,
                         struct run_options *changed)
{
    *changed = *options;
    changed->compare_index = index;
    if (changed->setting_count == SETTINGS_MAX) {
        return false;
    }
    changed->settings[changed->setting_count++] =
        (struct script_setting){ options->compare, options->compare_values[index] };
    return true;
}

static int compare(const struct run_options *options)
{
    struct run_result results[COMPARE_MAX];
    int code = EXIT_FINE;
    if (options->json) {
        puts("[");
    }
    for (uint32_t i = 0; i < options->compare_count; i++) {
        struct run_options changed;
        if (!with_setting(options, i, &changed)) {
            return usage_error("more than %d options set", SETTINGS_MAX);
        }
        if (options->json && i > 0) {
            puts(",");
        }
        run_once(&changed, options->json ? RUN_JSON : RUN_COMPARED, &results[i]);
        fflush(stdout);
        if (results[i].message[0] != '\0') {
            fputs(results[i].message, stderr);
            return run_exit_code(results[i].outcome);
        }
        code = max_i32(code, run_exit_code(results[i].outcome));
    }
    if (options->json) {
        puts("]");
    } else {
        print_comparison(options, results, options->compare_count);
    }
    return code;
}

int command_run(int argc, char **argv)
{
    struct run_options options;
    int code = run_options_parse(&options, argc, argv);
    if (code >= 0) {
        return code;
    }
    if (options.describe) {
        return describe(&options);
    }
    if (options.compare != NULL) {
        return compare(&options);
    }
    return options.verify ? verify(&options) : run_single(&options);
}
