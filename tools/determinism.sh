#!/bin/sh
# One scenario, one digest: whatever compiled the program, and however often it runs.
#
#   tools/determinism.sh SEEDS TCPSIM...
#
# For every scenario: the first program reruns and compares each seed from 1 to SEEDS (--verify);
# then all programs, by themselves, over the wire format and while being traced, must give one
# digest. A scenario whose own expectations fail (exit status 1) is as good as any here.
set -eu

# The digest that one run prints, or a complaint.
digest() { # tcpsim arguments...
    status=0
    said=$("$@" --view none --digest 2>&1) || status=$?
    if [ $status -gt 1 ]; then
        echo "exit status $status"
    else
        echo "$said" | grep '^digest=' || echo "no digest"
    fi
}

check_scenario() { # file; SEEDS and PROGRAMS from the environment
    faults=0
    set -- "$1" $PROGRAMS
    file=$1
    shift

    seed=1
    while [ $seed -le "$SEEDS" ]; do
        status=0
        "$1" run "$file" --seed $seed --view none --verify >/dev/null 2>&1 || status=$?
        if [ $status -gt 1 ]; then
            echo "$file: seed $seed: --verify gives exit status $status"
            faults=$((faults + 1))
        fi
        seed=$((seed + 1))
    done

    wanted=$(digest "$1" run "$file" --seed 1)
    case $wanted in digest=*) ;; *) faults=$((faults + 1)) ;; esac
    for program in "$@"; do
        for way in '' '--wire' '--jsonl /dev/null'; do
            # shellcheck disable=SC2086 # a list of words
            got=$(digest "$program" run "$file" --seed 1 $way)
            [ "$got" = "$wanted" ] && continue
            echo "$file: $program $way: $got instead of $wanted"
            faults=$((faults + 1))
        done
    done
    echo "$file: $wanted$([ $faults -eq 0 ] || echo " ($faults faults)")"
    return $((faults > 0))
}

if [ "${1-}" = --one ]; then
    check_scenario "$2" || exit 1
    exit 0
fi

[ $# -ge 2 ] || { echo "usage: determinism.sh SEEDS TCPSIM..." >&2; exit 2; }
SEEDS=$1
shift
PROGRAMS=$*
export SEEDS PROGRAMS LC_ALL=C

scenarios=$(find scenarios -name '*.lua' | sort)
[ -n "$scenarios" ] || { echo "determinism: no scenarios" >&2; exit 1; }

if printf '%s\n' $scenarios |
    xargs -n 1 -P "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)" sh "$0" --one; then
    echo "determinism: $(printf '%s\n' $scenarios | grep -c '') scenarios, $# programs, fine"
else
    echo "determinism: BROKEN, see above"
    exit 1
fi
