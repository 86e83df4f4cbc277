/* Verdicts: what became of a scenario's expectations, and how that is printed. */
#ifndef TCPSIM_OBSERVE_VERDICTS_H
#define TCPSIM_OBSERVE_VERDICTS_H

#include "sim/observe/view.h"
#include "tcpsim/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct verdict {
    bool passed;
    char *label;  /* owned */
    char *detail; /* owned, or NULL */
    char *file;   /* owned, or NULL */
    int line;
};

/* All zeros is an empty list. `failed`: there was no memory for one of them. */
struct verdicts {
    struct verdict *items;
    size_t count, capacity;
    bool failed;
};

/* Take a FACT_VERDICT; other facts are ignored. */
void verdicts_add(struct verdicts *verdicts, const struct sim_fact *fact);
void verdicts_free(struct verdicts *verdicts);

/* One line each: "✓ label", "✗ label   detail   file:line", in columns where they fit the width,
 * else detail and place on lines of their own. False when memory ran out or ferror(out). */
bool verdicts_print(const struct verdicts *verdicts, const struct view_style *style, FILE *out);

#endif
