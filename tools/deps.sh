#!/bin/sh
# Install what building and testing tcpsim needs, and nothing that is here already.
#
#   tools/deps.sh [--ci] [--cross] [--dry-run]
#
#   --ci       also what .ci/run needs: clang and its tools, cppcheck, valgrind
#   --cross    also what `make determinism-cross` needs: cross compilers and qemu-user
#   --dry-run  only say what would be run
#
# Knows apt, dnf, pacman, apk and brew. Says each command before it runs it.
set -eu
tools=$(dirname "$0")

# need          group  apt                     dnf                 pacman       apk                brew
needs='
compiler      | base  | gcc libc6-dev         | gcc glibc-devel   | gcc        | gcc musl-dev     | gcc
make          | base  | make                  | make              | make       | make             | make
pkg-config    | base  | pkg-config            | pkgconf-pkg-config| pkgconf    | pkgconf          | pkgconf
lua           | base  | liblua5.4-dev         | lua-devel         | lua        | lua5.4-dev       | lua@5.4
cmocka        | base  | libcmocka-dev         | libcmocka-devel   | cmocka     | cmocka-dev       | cmocka
gcc           | ci    | gcc                   | gcc               | gcc        | gcc              | gcc
sanitizers    | ci    | gcc                   | libasan libubsan  | gcc        | gcc              | gcc
clang         | ci    | clang                 | clang             | clang      | clang            | llvm
clang-runtime | ci    | libclang-rt-14-dev    | compiler-rt       | compiler-rt| compiler-rt      | llvm
clang-format  | ci    | clang-format          | clang-tools-extra | clang      | clang-extra-tools| llvm
clang-tidy    | ci    | clang-tidy            | clang-tools-extra | clang      | clang-extra-tools| llvm
cppcheck      | ci    | cppcheck              | cppcheck          | cppcheck   | cppcheck         | cppcheck
valgrind      | ci    | valgrind              | valgrind          | valgrind   | valgrind         | valgrind
i686          | cross | gcc-i686-linux-gnu libc6-dev-i386-cross     | - | - | - | -
aarch64       | cross | gcc-aarch64-linux-gnu libc6-dev-arm64-cross | - | - | - | -
s390x         | cross | gcc-s390x-linux-gnu libc6-dev-s390x-cross   | - | - | - | -
qemu          | cross | qemu-user             | qemu-user         | qemu-user  | qemu-s390x qemu-aarch64 qemu-i386 | -
'

has() { command -v "$1" >/dev/null 2>&1; }

# Can this compiler, with these flags, make a program?
builds() {
    has "$1" || return 1
    scratch=$(mktemp -d)
    echo '#include <stdio.h>
int main(void) { return puts("") < 0; }' >"$scratch/try.c"
    result=0
    "$@" -o "$scratch/try" "$scratch/try.c" >/dev/null 2>&1 || result=1
    rm -rf "$scratch"
    return $result
}

present() {
    case $1 in
        compiler) builds "${CC:-cc}" ;;
        lua | cmocka) "$tools/pkg_flags.sh" --exists "$1" ;;
        gcc | clang) builds "$1" ;;
        sanitizers) builds gcc -fsanitize=address,undefined ;;
        clang-runtime) builds clang -fsanitize=address,undefined ;;
        i686 | aarch64 | s390x) builds "$1-linux-gnu-gcc" -static ;;
        qemu) has qemu-i386 && has qemu-aarch64 && has qemu-s390x ;;
        *) has "$1" ;;
    esac
}

# The names of needs in the wanted groups that are not here.
missing() {
    echo "$needs" | while IFS='|' read -r need group rest; do
        need=${need%% *} group=${group# } group=${group%% *}
        case " $groups " in
            *" $group "*) [ -z "$need" ] || present "$need" || echo "$need" ;;
        esac
    done
}

# The packages that bring the needs given as arguments, for the package manager in column $1.
packages_for() {
    column=$1
    shift
    echo "$needs" | awk -F '|' -v column="$column" -v wanted=" $* " '
        { need = $1; sub(/ +$/, "", need) }
        need != "" && index(wanted, " " need " ") {
            if ($column ~ /^ *-? *$/) { print need > "/dev/stderr"; bad = 1; next }
            count = split($column, names, " ")
            for (i = 1; i <= count; i++) if (!seen[names[i]]++) list = list " " names[i]
        }
        END { print substr(list, 2); exit bad }'
}

run() {
    echo "+ $*"
    [ "$dry_run" ] || "$@"
}

groups=base dry_run=
for option in "$@"; do
    case $option in
        --ci) groups="$groups ci" ;;
        --cross) groups="$groups cross" ;;
        --dry-run) dry_run=yes ;;
        *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0" >&2; exit 2 ;;
    esac
done

lacking=$(missing | tr '\n' ' ')
if [ -z "$lacking" ]; then
    echo "all dependencies present"
    exit 0
fi
echo "missing: $lacking"

if has apt-get; then column=3 manager=apt
elif has dnf; then column=4 manager=dnf
elif has pacman; then column=5 manager=pacman
elif has apk; then column=6 manager=apk
elif has brew; then column=7 manager=brew
else
    echo "deps: found none of apt-get, dnf, pacman, apk, brew; please install by hand: $lacking" >&2
    exit 1
fi

# shellcheck disable=SC2086 # lists of words, here and below
packages=$(packages_for $column $lacking) || {
    echo "deps: $manager has no package known to bring the names above; install them by hand" >&2
    exit 1
}

case $manager in
    apt) install="env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends" ;;
    dnf) install="dnf install -y" ;;
    pacman) install="pacman -Sy --needed --noconfirm" ;;
    apk) install="apk add" ;;
    brew) install="brew install" ;;
esac

as_root=
if [ $manager != brew ] && [ "$(id -u)" -ne 0 ]; then
    if has sudo; then
        as_root=sudo
    else
        echo "deps: installing needs root, and there is no sudo; as root, run:" >&2
        echo "  $install $packages" >&2
        exit 1
    fi
fi

# A package list that cannot be refreshed may still be good enough: let the install decide.
if [ $manager = apt ]; then
    run $as_root apt-get update -q || echo "deps: could not refresh the package list" >&2
fi
run $as_root $install $packages

[ "$dry_run" ] && exit 0
lacking=$(missing | tr '\n' ' ')
[ -z "$lacking" ] || { echo "deps: installed, but still not usable: $lacking" >&2; exit 1; }
echo "all dependencies present"
