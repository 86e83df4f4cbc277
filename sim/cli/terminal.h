/* The terminal that stdout goes to: how wide it is, and whether to use colour and UTF-8. */
#ifndef TCPSIM_CLI_TERMINAL_H
#define TCPSIM_CLI_TERMINAL_H

#include "sim/observe/view.h"

enum colour_choice { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* Colour: the flag, then NO_COLOR, then FORCE_COLOR, then whether stdout is a terminal. Width: the
 * flag (0 = not given), then COLUMNS, then the terminal's, then 80. */
struct view_style terminal_style(enum colour_choice colour, int columns, bool ascii);

#endif
