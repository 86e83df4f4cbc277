/* The named rules of the stack.
 *
 * Every decision of sim/tcp cites a rule of sim/tcp/rules.def: so a trace can say why, and a
 * scenario can switch a rule off for one host to show what it is good for. */
#ifndef TCPSIM_RULES_H
#define TCPSIM_RULES_H

#include <stdbool.h>
#include <stdint.h>

typedef uint16_t rule_id; /* 0 is "no rule" */

struct rule_info {
    const char *name;     /* "time_wait": what scripts and --rule use */
    const char *source;   /* "RFC 9293" */
    const char *section;  /* "3.6.1" */
    const char *sentence; /* what the rule says, one plain sentence */
    bool can_be_off;      /* a scenario may switch it off */
    bool refuses;         /* it does not take a segment as its sender meant it: worth telling */
};

/* Rules are numbered 1 .. rule_count(). */
rule_id rule_count(void);

/* Never NULL; rule 0 has the name "none". */
const struct rule_info *rule_get(rule_id rule);

/* The rule of that name (`-` and `_` are the same), or 0. */
rule_id rule_find(const char *name);

/* A set of rules: the ones that a host has switched off. */
enum { RULE_SET_WORDS = 4 };
struct rule_set {
    uint64_t bits[RULE_SET_WORDS];
};

static inline bool rule_set_has(const struct rule_set *set, rule_id rule)
{
    return (set->bits[rule / 64] >> (rule % 64)) & 1;
}

static inline void rule_set_add(struct rule_set *set, rule_id rule)
{
    set->bits[rule / 64] |= (uint64_t)1 << (rule % 64);
}

#endif
