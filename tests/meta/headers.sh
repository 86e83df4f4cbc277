# Every header compiles by itself: whoever includes it need not know what it needs.
. tools/tap.sh

lua=$(tools/pkg_flags.sh --cflags lua)

compiles_alone() { # header as it is included
    # shellcheck disable=SC2086 # lists of words
    echo "#include \"$1\"" | $CC -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -I. $lua \
        -Wall -Wextra -Werror -fsyntax-only -x c -
}

for header in $(find include sim -name '*.h' | LC_ALL=C sort); do
    check "$header" compiles_alone "${header#include/}"
done

echo 'static inline size_t f(void) { return 0; }' >"$scratch/needs_stddef.h"
check_fails "a header that needs another does not compile alone" \
    compiles_alone "$scratch/needs_stddef.h"

finish
