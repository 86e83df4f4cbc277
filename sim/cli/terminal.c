/* TIOCGWINSZ is not in POSIX, so that COLUMNS (which shells export on request) goes first. */
#define _DEFAULT_SOURCE
#include "sim/cli/terminal.h"

#include "sim/base/units.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0';
}

static bool wants_colour(enum colour_choice choice)
{
    if (choice != COLOUR_AUTO) {
        return choice == COLOUR_ALWAYS;
    }
    if (is_set("NO_COLOR")) {
        return false;
    }
    return is_set("FORCE_COLOR") || isatty(STDOUT_FILENO);
}

static int wanted_columns(int given)
{
    uint64_t columns;
    if (given > 0) {
        return given;
    }
    if (is_set("COLUMNS") && units_parse_integer(getenv("COLUMNS"), &columns) && columns > 0 &&
        columns <= VIEW_COLUMNS_MAX) {
        return (int)columns;
    }
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return VIEW_COLUMNS_DEFAULT;
}

struct view_style terminal_style(enum colour_choice colour, int columns, bool ascii)
{
    return (struct view_style){ .columns = wanted_columns(columns),
                                .colour = wants_colour(colour),
                                .ascii = ascii };
}
