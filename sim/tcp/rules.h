/* The numbers of the rules in rules.def. What they say is in tcpsim/rules.h's rule_get(). */
#ifndef TCPSIM_TCP_RULES_H
#define TCPSIM_TCP_RULES_H

#include "tcpsim/rules.h"

enum rule {
    RULE_NONE,
#define RULE(id, name, source, section, off, refuses, sentence) RULE_##id,
#include "sim/tcp/rules.def"
#undef RULE
    RULE_END
};

#endif
