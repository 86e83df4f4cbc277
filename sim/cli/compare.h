/* What --compare says once every value has run: what was measured, then the verdicts. */
#ifndef TCPSIM_CLI_COMPARE_H
#define TCPSIM_CLI_COMPARE_H

#include "sim/cli/run_once.h"
#include "sim/cli/run_options.h"

/* A table of the measures (rows) by values (columns) if there are any; the last line tells the
 * counts of each. results[options->compare_count], all without error. To stdout. */
void compare_print(const struct run_options *options, const struct run_result *results);

/* "2 failed, 1 passed", "no expectations". */
void compare_print_counts(const struct run_result *result);

#endif
