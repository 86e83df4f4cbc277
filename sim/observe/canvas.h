/* A canvas: lines of character cells that views draw on before they are printed.
 *
 * What does not fit is cut, so a view that draws on a canvas cannot exceed its width. A cell holds
 * one character of one column; a wide character takes two cells and combining marks join the cell
 * before them. */
#ifndef TCPSIM_OBSERVE_CANVAS_H
#define TCPSIM_OBSERVE_CANVAS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What a piece of text means; canvas_print() knows the colours. */
enum ink {
    INK_PLAIN,
    INK_TITLE, /* names of hosts, headings */
    INK_STATE, /* states of connections */
    INK_FAINT, /* what is there only for orientation; copies */
    INK_WARN,  /* late, again */
    INK_BAD,   /* lost, failed */
    INK_GOOD,  /* passed */
    INK_COUNT
};

enum { CANVAS_LINES = 8, CELL_MARKS = 2 };

struct cell {
    uint32_t code_point; /* 0: the right half of a wide character */
    uint32_t marks[CELL_MARKS];
    enum ink ink;
};

struct canvas {
    struct cell *cells; /* CANVAS_LINES lines of `columns` */
    int columns;
    int lines; /* lines drawn on so far */
};

/* Blank, `columns` wide. False when there is no memory. */
bool canvas_open(struct canvas *canvas, int columns);
void canvas_close(struct canvas *canvas);
void canvas_clear(struct canvas *canvas);

/* `text` (UTF-8 without control characters) from `column` on, cut before column `end`. Lines past
 * CANVAS_LINES are not drawn. Returns the column after the text. */
int canvas_put(struct canvas *canvas, int line, int column, int end, const char *text,
               enum ink ink);

/* One character into each of the columns [column, end). */
void canvas_fill(struct canvas *canvas, int line, int column, int end, uint32_t code_point,
                 enum ink ink);

uint32_t canvas_at(const struct canvas *canvas, int line, int column);

/* Print the lines without trailing blanks. Write errors: see ferror(out). */
void canvas_print(const struct canvas *canvas, FILE *out, bool colour);

/* SGR sequence that switches `ink` on, "" for INK_PLAIN; and the one that ends it. */
const char *ink_on(enum ink ink);
#define INK_OFF "\033[0m"

#endif
