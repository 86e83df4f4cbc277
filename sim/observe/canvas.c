/* Lines of character cells. */
#include "sim/observe/canvas.h"

#include "sim/observe/utf8.h"

#include <stdlib.h>
#include <string.h>

bool canvas_open(struct canvas *canvas, int columns)
{
    canvas->columns = columns;
    canvas->cells = calloc((size_t)columns * CANVAS_LINES, sizeof *canvas->cells);
    if (canvas->cells == NULL) {
        return false;
    }
    canvas_clear(canvas);
    return true;
}

void canvas_close(struct canvas *canvas)
{
    free(canvas->cells);
    canvas->cells = NULL;
}

void canvas_clear(struct canvas *canvas)
{
    for (int i = 0; i < canvas->columns * CANVAS_LINES; i++) {
        canvas->cells[i] = (struct cell){ .code_point = ' ' };
    }
    canvas->lines = 0;
}

static bool is_inside(const struct canvas *canvas, int line, int column)
{
    return line >= 0 && line < CANVAS_LINES && column >= 0 && column < canvas->columns;
}

static struct cell *cell_at(const struct canvas *canvas, int line, int column)
{
    return &canvas->cells[line * canvas->columns + column];
}

static void set_cell(struct canvas *canvas, int line, int column, uint32_t code_point, enum ink ink)
{
    if (is_inside(canvas, line, column)) {
        *cell_at(canvas, line, column) = (struct cell){ .code_point = code_point, .ink = ink };
        canvas->lines = line >= canvas->lines ? line + 1 : canvas->lines;
    }
}

/* A combining mark belongs to the character before it; a third one is dropped. */
static void add_mark(struct canvas *canvas, int line, int column, uint32_t code_point)
{
    if (!is_inside(canvas, line, column - 1)) {
        return;
    }
    struct cell *cell = cell_at(canvas, line, column - 1);
    for (int i = 0; i < CELL_MARKS; i++) {
        if (cell->marks[i] == 0) {
            cell->marks[i] = code_point;
            return;
        }
    }
}

int canvas_put(struct canvas *canvas, int line, int column, int end, const char *text, enum ink ink)
{
    size_t left = strlen(text);
    end = end < canvas->columns ? end : canvas->columns;
    while (left > 0) {
        size_t used = 0;
        uint32_t code_point = utf8_decode(text, left, &used);
        code_point = code_point == UTF8_BAD ? '?' : code_point;
        int width = utf8_code_point_width(code_point);
        if (column + width > end) {
            break;
        }
        if (width == 0) {
            add_mark(canvas, line, column, code_point);
        } else {
            set_cell(canvas, line, column, code_point, ink);
            canvas_fill(canvas, line, column + 1, column + width, 0, ink);
        }
        column += width;
        text += used;
        left -= used;
    }
    return column;
}

void canvas_fill(struct canvas *canvas, int line, int column, int end, uint32_t code_point,
                 enum ink ink)
{
    for (; column < end; column++) {
        set_cell(canvas, line, column, code_point, ink);
    }
}

uint32_t canvas_at(const struct canvas *canvas, int line, int column)
{
    return is_inside(canvas, line, column) ? cell_at(canvas, line, column)->code_point : 0;
}

const char *ink_on(enum ink ink)
{
    switch (ink) {
    case INK_PLAIN:
    case INK_COUNT:
        return "";
    case INK_TITLE:
        return "\033[1m";
    case INK_STATE:
        return "\033[36m";
    case INK_FAINT:
        return "\033[2m";
    case INK_WARN:
        return "\033[33m";
    case INK_BAD:
        return "\033[31m";
    case INK_GOOD:
        return "\033[32m";
    }
    return "";
}

static void print_code_point(uint32_t code_point, FILE *out)
{
    char bytes[UTF8_BYTES_MAX];
    if (code_point != 0) {
        size_t length = utf8_encode(code_point, bytes);
        (void)fwrite(bytes, 1, length, out);
    }
}

static void print_line(const struct cell *cells, int columns, FILE *out, bool colour)
{
    enum ink current = INK_PLAIN;
    for (int i = 0; i < columns; i++) {
        enum ink ink = cells[i].code_point == ' ' ? current : cells[i].ink;
        if (colour && ink != current) {
            (void)fputs(current == INK_PLAIN ? "" : INK_OFF, out);
            (void)fputs(ink_on(ink), out);
            current = ink;
        }
        print_code_point(cells[i].code_point, out);
        for (int mark = 0; mark < CELL_MARKS; mark++) {
            print_code_point(cells[i].marks[mark], out);
        }
    }
    (void)fputs(current == INK_PLAIN ? "\n" : INK_OFF "\n", out);
}

void canvas_print(const struct canvas *canvas, FILE *out, bool colour)
{
    for (int line = 0; line < canvas->lines; line++) {
        const struct cell *cells = cell_at(canvas, line, 0);
        int columns = canvas->columns;
        while (columns > 0 && cells[columns - 1].code_point == ' ') {
            columns--;
        }
        print_line(cells, columns, out, colour);
    }
}
