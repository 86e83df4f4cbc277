#!/bin/sh
# What compiler and linker need to know about a library, whatever the system calls it.
#
#   tools/pkg_flags.sh --exists|--cflags|--libs lua|cmocka
#
# Headers come as -isystem, so that our own warning flags do not judge other people's code.
set -eu

[ $# -eq 2 ] || { echo "usage: pkg_flags.sh --exists|--cflags|--libs lua|cmocka" >&2; exit 2; }

fail() {
    [ "$want" = --exists ] || echo "$* (try: make deps)" >&2
    exit 1
}

# The first of the names given that pkg-config knows. Lua 5.5 changed the C API: 5.4 it has to be.
first_known() {
    for name in "$@"; do
        if pkg-config --exists "$name >= $at_least" "$name < $below"; then
            echo "$name"
            return
        fi
    done
    return 1
}

want=$1
case $2 in
    lua) names='lua5.4 lua-5.4 lua54 lua' at_least=5.4 below=5.5 ;;
    cmocka) names=cmocka at_least=1.1.5 below=3 ;;
    *) echo "pkg_flags.sh: do not know $2" >&2; exit 2 ;;
esac

command -v pkg-config >/dev/null || fail "pkg-config is not installed"
# shellcheck disable=SC2086 # a list of words
package=$(first_known $names) || fail "$2 >= $at_least, < $below is not known to pkg-config"

case $want in
    --exists) ;;
    --cflags) pkg-config --cflags "$package" | sed 's|-I *\([^ ]\)|-isystem \1|g' ;;
    --libs) pkg-config --libs "$package" ;;
    *) echo "pkg_flags.sh: do not know $want" >&2; exit 2 ;;
esac
