#!/bin/sh
# The same worlds on other processors: 32 and 64 bits, little and big endian.
#
#   tools/determinism_cross.sh native i686 aarch64 s390x      (`make determinism-cross`)
#
# Builds tests/determinism/worlds.c statically for each, runs it (under qemu-user where need be),
# and compares what they print. Exit status 77: something that this needs is not installed.
set -eu

lacking=
for arch in "$@"; do
    [ "$arch" = native ] && continue
    command -v "$arch-linux-gnu-gcc" >/dev/null || lacking="$lacking $arch-linux-gnu-gcc"
    emulator=qemu-$(echo "$arch" | sed 's/^i686$/i386/')
    command -v "$emulator" >/dev/null || lacking="$lacking $emulator"
done
if [ -n "$lacking" ]; then
    echo "determinism-cross needs:$lacking" >&2
    echo "run: tools/deps.sh --cross" >&2
    exit 77
fi

mkdir -p build/cross
faults=0
for arch in "$@"; do
    ${MAKE:-make} --no-print-directory CROSS="$arch" "build/cross-$arch/determinism_worlds"
    case $arch in
        native) emulator= ;;
        i686) emulator=qemu-i386 ;;
        *) emulator=qemu-$arch ;;
    esac
    status=0
    $emulator "build/cross-$arch/determinism_worlds" >"build/cross/$arch.txt" || status=$?
    if [ $status -ne 0 ]; then
        echo "$arch: exit status $status"
        faults=$((faults + 1))
    elif [ ! -s "build/cross/$arch.txt" ]; then
        echo "$arch: printed no digest"
        faults=$((faults + 1))
    elif ! diff -u "build/cross/$1.txt" "build/cross/$arch.txt"; then
        echo "$arch: differs from $1"
        faults=$((faults + 1))
    else
        echo "$arch: $(grep -c '' "build/cross/$arch.txt") digests"
    fi
done
[ $faults -eq 0 ] && echo "determinism-cross: fine"
