/* docs/LUA_API.md: every example runs, and prints what it says.
 *
 * Examples are the blocks that begin with ```lua. What they print is in their comments: "--> text". */
#include "tests/unit/test_script_fixture.h"

static const char opening[] =
    "local sim = require \"tcpsim\"; local client = sim.host(\"client\", { iss = 1000 }); "
    "local server = sim.host(\"server\", { iss = 7000 }); "
    "local wire = sim.link(client, server, { delay = \"10ms\" }); ";

enum { EXAMPLE_SIZE = 16384 };

struct example {
    int line; /* of its first line in the file */
    char script[EXAMPLE_SIZE];
    char output[EXAMPLE_SIZE];
};

static void add_line(struct example *example, const char *line)
{
    strcat(example->script, line);
    const char *said = strstr(line, "--> ");
    if (said != NULL) {
        strcat(example->output, said + 4);
    }
}

/* The next example of the file; false at its end. */
static bool read_example(FILE *file, int *line_number, struct example *example)
{
    char line[1024];
    bool inside = false;
    *example = (struct example){ .line = 0 };
    while (fgets(line, sizeof line, file) != NULL) {
        ++*line_number;
        if (strncmp(line, "```", 3) == 0) {
            if (inside) {
                return true;
            }
            inside = strcmp(line, "```lua\n") == 0;
            example->line = *line_number + 1;
        } else if (inside) {
            assert_true(strlen(example->script) + strlen(line) < EXAMPLE_SIZE / 2);
            add_line(example, line);
        }
    }
    return false;
}

static void run_example(const struct example *example)
{
    static char script[2 * EXAMPLE_SIZE];
    const bool is_whole = strstr(example->script, "require \"tcpsim\"") != NULL;
    snprintf(script, sizeof script, "%s%s", is_whole ? "" : opening, example->script);
    run_text(script);
    if (fixture.outcome != SCRIPT_OK) {
        fail_msg("docs/LUA_API.md:%d: %s%s", example->line, fixture.message, fixture.verdicts);
    }
    if (strcmp(fixture.output, example->output) != 0) {
        fail_msg("docs/LUA_API.md:%d: printed\n%sinstead of\n%s", example->line, fixture.output,
                 example->output);
    }
    if (strstr(fixture.notes, "still waiting") != NULL) {
        fail_msg("docs/LUA_API.md:%d: %s", example->line, fixture.notes);
    }
    fixture_end();
}

static void test_every_example_runs_and_prints_what_it_says(void **state)
{
    static struct example example;
    int line = 0, count = 0;
    (void)state;
    FILE *file = fopen("docs/LUA_API.md", "rb");
    assert_non_null(file);
    while (read_example(file, &line, &example)) {
        run_example(&example);
        count++;
    }
    fclose(file);
    assert_true(count > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_example_runs_and_prints_what_it_says),
    };
    return cmocka_run_group_tests_name("script documentation", tests, NULL, NULL);
}
