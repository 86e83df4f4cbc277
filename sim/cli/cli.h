/* The command line: what its files share. */
#ifndef TCPSIM_CLI_CLI_H
#define TCPSIM_CLI_CLI_H

/* What the process says when it ends; scripts and CI rely on these numbers. */
enum exit_code {
    EXIT_FINE = 0,
    EXIT_FAILED = 1,           /* an expectation failed */
    EXIT_USAGE = 2,            /* wrong flag or option */
    EXIT_SCENARIO = 3,         /* error in a scenario: file, line, caret */
    EXIT_LIMIT = 4,            /* a resource limit; no verdict */
    EXIT_NONDETERMINISTIC = 5, /* two runs of the same thing differ */
    EXIT_IO = 6,               /* cannot read or write */
    EXIT_SKIPPED = 77,
    EXIT_INTERRUPTED = 130,
};

/* One per subcommand; argv[0] is the subcommand's name. */
int command_run(int argc, char **argv);

/* Complain on stderr as "tcpsim: ..." and point to --help; the second one to that of `run`. Both
 * return EXIT_USAGE. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
int usage_error(const char *format, ...);
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
int run_usage_error(const char *format, ...);

/* Flush stdout; when that fails say so and return EXIT_IO, else `code`. */
int finish_output(int code);

#endif
