/* `tcpsim run`: one scenario, or one for each value of --compare. */
#include "sim/base/common.h"
#include "sim/cli/cli.h"
#include "sim/cli/compare.h"
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

/* One word of a shell's command line: in single quotes unless it holds nothing that a shell heeds. */
static void print_shell_word(const char *text)
{
    static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "_./=,:+-";
    if (text[0] != '\0' && text[strspn(text, harmless)] == '\0') {
        fputs(text, stdout);
        return;
    }
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs("'\\''", stdout);
        } else {
            putchar(*text);
        }
    }
    putchar('\'');
}

static void print_setting(const struct script_setting *setting)
{
    char text[1024];
    int length = snprintf(text, sizeof text, "%s=%s", setting->name, setting->value);
    if (length >= 0 && (size_t)length < sizeof text) {
        fputs(" --set ", stdout);
        print_shell_word(text);
    }
}

/* "again: tcpsim run FILE --seed 3 --set loss=0.1": what gives the same run once more. */
static void print_again(const struct run_options *options)
{
    fputs("again: tcpsim run ", stdout);
    fputs(options->file[0] == '-' ? "./" : "", stdout);
    print_shell_word(options->file);
    printf(" --seed %" PRIu64, options->seed);
    for (uint32_t i = 0; i < options->setting_count; i++) {
        print_setting(&options->settings[i]);
    }
    if (options->until_text != NULL) {
        fputs(" --until ", stdout);
        print_shell_word(options->until_text);
    }
    if (options->max_steps != 0) {
        printf(" --max-steps %" PRIu64, options->max_steps);
    }
    if (options->max_events != 0) {
        printf(" --max-events %" PRIu64, options->max_events);
    }
    fputs(options->wire ? " --wire\n" : "\n", stdout);
}

static int run_single(const struct run_options *options)
{
    struct run_result result;
    enum run_shown shown = options->json                   ? RUN_JSON
                           : run_traces_to_stdout(options) ? RUN_TRACE
                                                           : RUN_SHOWN;
    run_once(options, shown, &result);
    run_result_free(&result);
    fflush(stdout);
    if (result.message[0] != '\0') {
        fputs(result.message, stderr);
        return run_exit_code(result.outcome);
    }
    if (shown == RUN_SHOWN) {
        compare_print_counts(&result);
        putchar('\n');
        if (result.failed > 0) {
            print_again(options);
        }
    }
    return run_exit_code(result.outcome);
}

/* ---- --verify ------------------------------------------------------------------------------- */

static void print_verified(const struct run_options *options, const struct run_result *result)
{
    fputs("verify: ", stdout);
    if (options->compare != NULL) {
        printf("%s=%s, ", options->compare, options->compare_values[options->compare_index]);
    }
    printf("seed %" PRIu64 ", two runs, %" PRIu64 " facts, no difference, ", options->seed,
           result->facts);
    compare_print_counts(result);
    printf(", digest=%016" PRIx64 "\n", result->digest);
}

static int verify(const struct run_options *options)
{
    struct run_options quiet = *options;
    quiet.jsonl = NULL;
    struct run_result first, second;
    run_once(&quiet, RUN_SILENT, &first);
    run_once(&quiet, RUN_SILENT, &second);
    run_result_free(&first);
    run_result_free(&second);
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
    print_verified(options, &first);
    return run_exit_code(first.outcome);
}

/* ---- --compare ------------------------------------------------------------------------------ */

/* The same options with the compared one set, for which there is room. */
static struct run_options with_setting(const struct run_options *options, uint32_t index)
{
    struct run_options changed = *options;
    changed.compare_index = index;
    changed.settings[changed.setting_count++] =
        (struct script_setting){ options->compare, options->compare_values[index] };
    return changed;
}

static int verify_each(const struct run_options *options)
{
    int code = EXIT_FINE;
    for (uint32_t i = 0; i < options->compare_count; i++) {
        struct run_options changed = with_setting(options, i);
        code = max_i32(code, verify(&changed));
    }
    return code;
}

/* Run for each value until one of them has an error; *done are the results there are. Returns the
 * exit code. */
static int run_each(const struct run_options *options, struct run_result *results, uint32_t *done)
{
    int code = EXIT_FINE;
    for (uint32_t i = 0; i < options->compare_count; i++) {
        struct run_options changed = with_setting(options, i);
        if (options->json && i > 0) {
            puts(",");
        }
        run_once(&changed, options->json ? RUN_JSON : RUN_COMPARED, &results[i]);
        *done = i + 1;
        fflush(stdout);
        if (results[i].message[0] != '\0') {
            fputs(results[i].message, stderr);
            return run_exit_code(results[i].outcome);
        }
        code = max_i32(code, run_exit_code(results[i].outcome));
    }
    return code;
}

static int compare(const struct run_options *options)
{
    struct run_result results[COMPARE_MAX] = { 0 };
    uint32_t done = 0;
    if (options->json) {
        puts("[");
    }
    int code = run_each(options, results, &done);
    if (options->json) {
        puts("]");
    } else if (code == EXIT_FINE || code == EXIT_FAILED) {
        compare_print(options, results);
    }
    for (uint32_t i = 0; i < done; i++) {
        run_result_free(&results[i]);
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
    if (options.compare == NULL) {
        return options.verify ? verify(&options) : run_single(&options);
    }
    if (options.setting_count == SETTINGS_MAX) {
        return run_usage_error("more than %d options set", SETTINGS_MAX);
    }
    return options.verify ? verify_each(&options) : compare(&options);
}
