/* The canvas: what does not fit is cut, in whole characters. */
#include "sim/observe/canvas.h"

#include "tests/support/observe_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void expect_print(const struct canvas *canvas, bool colour, const char *wanted)
{
    struct page page;
    page_open(&page);
    canvas_print(canvas, page.file, colour);
    assert_string_equal(page_text(&page), wanted);
    page_close(&page);
}

static void test_text_is_cut_before_its_end_column(void **state)
{
    (void)state;
    struct canvas canvas;
    assert_true(canvas_open(&canvas, 10));
    assert_int_equal(canvas_put(&canvas, 0, 1, 4, "abcdef", INK_PLAIN), 4);
    expect_print(&canvas, false, " abc\n");
    canvas_close(&canvas);
}

static void test_nothing_is_drawn_outside(void **state)
{
    (void)state;
    struct canvas canvas;
    assert_true(canvas_open(&canvas, 4));
    canvas_put(&canvas, 0, -2, 100, "abcdef", INK_PLAIN);
    canvas_put(&canvas, CANVAS_LINES, 0, 4, "x", INK_PLAIN);
    canvas_put(&canvas, -1, 0, 4, "x", INK_PLAIN);
    canvas_fill(&canvas, 1, 2, 100, '-', INK_PLAIN);
    canvas_put(&canvas, 2, 3, 4, "x", INK_PLAIN);
    expect_print(&canvas, false, "cdef\n  --\n   x\n");
    canvas_close(&canvas);
}

static void test_a_wide_character_is_never_halved(void **state)
{
    (void)state;
    struct canvas canvas;
    assert_true(canvas_open(&canvas, 4));
    assert_int_equal(canvas_put(&canvas, 0, 1, 4, "日本", INK_PLAIN), 3);
    expect_print(&canvas, false, " 日\n");
    canvas_close(&canvas);
}

static void test_combining_marks_stay_with_their_letter(void **state)
{
    (void)state;
    struct canvas canvas;
    assert_true(canvas_open(&canvas, 4));
    assert_int_equal(canvas_put(&canvas, 0, 0, 4, "e\xcc\x81x", INK_PLAIN), 2);
    expect_print(&canvas, false, "e\xcc\x81x\n");
    canvas_close(&canvas);
}

static void test_colours_end_with_the_line(void **state)
{
    (void)state;
    struct canvas canvas;
    assert_true(canvas_open(&canvas, 8));
    canvas_put(&canvas, 0, 0, 8, "a b", INK_BAD);
    canvas_put(&canvas, 0, 3, 8, "c", INK_PLAIN);
    canvas_put(&canvas, 0, 4, 8, "d", INK_GOOD);
    expect_print(&canvas, true, "\033[31ma b\033[0mc\033[32md\033[0m\n");
    canvas_close(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_cut_before_its_end_column),
        cmocka_unit_test(test_nothing_is_drawn_outside),
        cmocka_unit_test(test_a_wide_character_is_never_halved),
        cmocka_unit_test(test_combining_marks_stay_with_their_letter),
        cmocka_unit_test(test_colours_end_with_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
