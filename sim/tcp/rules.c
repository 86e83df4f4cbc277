/* The table of rules, made from rules.def. */
#include "sim/tcp/rules.h"

#include "sim/base/panic.h"

#include <stddef.h>

#define CAN_BE_OFF true
#define ALWAYS_ON  false
#define REFUSES    true
#define ROUTINE    false

static const struct rule_info infos[RULE_END] = {
    [RULE_NONE] = { "none", "", "", "no rule", false, false },
#define RULE(id, name, source, section, off, refuses, sentence) \
    [RULE_##id] = { name, source, section, sentence, off, refuses },
#include "sim/tcp/rules.def"
#undef RULE
};

_Static_assert(RULE_END <= RULE_SET_WORDS * 64, "struct rule_set is too small");

rule_id rule_count(void)
{
    return RULE_END - 1;
}

const struct rule_info *rule_get(rule_id rule)
{
    SIM_ASSERT(rule < RULE_END);
    return &infos[rule];
}

static bool same_name(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        char x = *a == '-' ? '_' : *a;
        char y = *b == '-' ? '_' : *b;
        if (x != y) {
            return false;
        }
    }
    return *a == *b;
}

rule_id rule_find(const char *name)
{
    for (rule_id rule = 1; rule <= rule_count(); rule++) {
        if (same_name(infos[rule].name, name)) {
            return rule;
        }
    }
    return RULE_NONE;
}
