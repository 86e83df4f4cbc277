/* How a view is to look: what every renderer of this folder is given by its caller. */
#ifndef TCPSIM_OBSERVE_VIEW_H
#define TCPSIM_OBSERVE_VIEW_H

#include <stdbool.h>

/* Views never write beyond column `columns`; less than VIEW_COLUMNS_MIN is taken as that. */
enum { VIEW_COLUMNS_MIN = 60, VIEW_COLUMNS_DEFAULT = 80, VIEW_COLUMNS_MAX = 1000 };

struct view_style {
    int columns; /* width of the terminal; 0 = VIEW_COLUMNS_DEFAULT */
    bool colour; /* ANSI SGR sequences; without it no escape sequence is written */
    bool ascii;  /* bytes 0x20..0x7e only: other characters get a likeness or '?' */
};

static inline int view_columns(const struct view_style *style)
{
    if (style->columns == 0) {
        return VIEW_COLUMNS_DEFAULT;
    }
    if (style->columns < VIEW_COLUMNS_MIN) {
        return VIEW_COLUMNS_MIN;
    }
    return style->columns > VIEW_COLUMNS_MAX ? VIEW_COLUMNS_MAX : style->columns;
}

#endif
