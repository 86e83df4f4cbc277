/* tcpsim: the command line. Finds the subcommand and leaves the rest to its file. */
#include "sim/base/common.h"
#include "sim/base/suggest.h"
#include "sim/cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifndef TCPSIM_VERSION
#define TCPSIM_VERSION "unknown"
#endif

static const char help_text[] =
    "tcpsim - a deterministic TCP laboratory\n"
    "\n"
    "Runs scenarios written in Lua in virtual time: simulated hosts with a full TCP, joined by\n"
    "links that lose, delay, duplicate, reorder and corrupt. The same scenario, options and seed\n"
    "give the same bytes on every machine.\n"
    "\n"
    "usage: tcpsim FILE.lua [options]       the same as: tcpsim run FILE.lua [options]\n"
    "       tcpsim COMMAND [arguments]\n"
    "\n"
    "commands:\n"
    "  run FILE.lua    run a scenario: its ladder, its tables, its verdicts\n"
    "  help            this text; `tcpsim help run` has the options of a run\n"
    "  version         the version\n"
    "\n"
    "begin with:\n"
    "  tcpsim scenarios/stale_syn.lua --compare handshake=two-way,three-way\n"
    "\n"
    "exit codes: 0 fine, 1 an expectation failed, 2 usage, 3 error in the scenario, 4 resource\n"
    "limit, 5 nondeterminism found, 6 cannot read or write.\n";

#if defined(__GNUC__)
__attribute__((format(printf, 2, 0)))
#endif
static int
complain(const char *help, const char *format, va_list arguments)
{
    fputs("tcpsim: ", stderr);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\nTry: %s\n", help);
    return EXIT_USAGE;
}

int usage_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int code = complain("tcpsim --help", format, arguments);
    va_end(arguments);
    return code;
}

int run_usage_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int code = complain("tcpsim run --help", format, arguments);
    va_end(arguments);
    return code;
}

int finish_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return code;
    }
    fprintf(stderr, "tcpsim: cannot write the output: %s\n", strerror(errno));
    return EXIT_IO;
}

/* `help run` is `run --help`. */
static int unknown_command(const char *name);

static int command_help(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "run") == 0) {
        char run[] = "run";
        char help[] = "--help";
        char *arguments[] = { run, help, NULL };
        return command_run(2, arguments);
    }
    if (argc > 1 && argv[1][0] != '-') {
        return unknown_command(argv[1]);
    }
    fputs(help_text, stdout);
    return EXIT_FINE;
}

static int command_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("tcpsim " TCPSIM_VERSION);
    return EXIT_FINE;
}

struct command {
    const char *name;
    int (*call)(int argc, char **argv);
};

static const struct command commands[] = {
    { "run", command_run }, { "help", command_help },       { "--help", command_help },
    { "-h", command_help }, { "version", command_version }, { "--version", command_version },
};

/* Without a command's name the arguments are those of `run`. */
static int is_scenario(const char *argument)
{
    size_t length = strlen(argument);
    return strchr(argument, '/') != NULL || argument[0] == '-' ||
           (length > 4 && strcmp(argument + length - 4, ".lua") == 0);
}

static int unknown_command(const char *name)
{
    const char *names[COUNT_OF(commands) + 1] = { 0 };
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        names[i] = commands[i].name;
    }
    const char *near = suggest_name(name, names);
    if (near != NULL) {
        return usage_error("unknown command '%s'; did you mean '%s'?", name, near);
    }
    return usage_error("unknown command '%s' (a scenario's name ends in .lua)", name);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs(help_text, stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return finish_output(commands[i].call(argc - 1, argv + 1));
        }
    }
    if (is_scenario(argv[1])) {
        return finish_output(command_run(argc, argv));
    }
    return unknown_command(argv[1]);
}
