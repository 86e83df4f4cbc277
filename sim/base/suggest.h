/* "did you mean": the known name nearest to what somebody typed. */
#ifndef TCPSIM_BASE_SUGGEST_H
#define TCPSIM_BASE_SUGGEST_H

/* The best of `names` (ended by NULL), or NULL when none is near: at most a third of the letters,
 * and at most three, differ (Damerau-Levenshtein distance; upper and lower case, `-` and `_` are the same). The first
 * of equally good ones wins. */
const char *suggest_name(const char *typed, const char *const *names);

#endif
