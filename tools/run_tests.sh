#!/bin/sh
# Run test programs side by side and add up what they report.
#
#   tools/run_tests.sh [-j JOBS] [-t SECONDS] [-l LOGDIR] [-s PREFIX] [-w WRAPPER] [--] PROGRAM...
#
#   -j  programs at a time           (default: one per processor)
#   -t  seconds for one program      (default: 300)
#   -l  folder for one log a program (default: build/test-logs)
#   -s  prefix left out of the names that are printed
#   -w  command to run compiled programs under, such as valgrind
#
# A program reports in TAP on its standard output: a plan `1..N`, then `ok` and `not ok` lines, of
# which `# SKIP reason` counts as skipped (cmocka writes `not ok N # SKIP`). NAME.sh runs by
# itself when it is executable, else under sh. Whatever a program leaves out counts as failed:
# tests that did not run, a plan, a clean exit.
#
# Standard output: one line per program as it ends; the logs of those that failed; the sum, alone
# on the last line. No wall-clock time there, so that two runs can be compared.
set -eu

# Read TAP; print "passed failed skipped complaint". Variables: status, limit.
count_tap='
    /^1\.\.[0-9]+/ { plans++; planned = substr($1, 4) + 0; if (/# *[Ss][Kk][Ii][Pp]/) whole = 1 }
    /^(not )?ok( |$)/ {
        seen++
        if (/# *[Ss][Kk][Ii][Pp]/) skipped++
        else if (/^ok/) passed++
        else failed++
    }
    /^Bail out!/ { complain("bailed out") }
    function complain(what) { complaint = complaint (complaint == "" ? "" : ", ") what }
    END {
        if (plans == 0) complain("no plan")
        else if (plans > 1) complain(plans " plans")
        else if (seen != planned) complain("ran " seen + 0 " of " planned)
        else if (planned == 0 && whole) skipped = 1
        else if (planned == 0) complain("nothing to run")
        if (plans == 1 && seen < planned) failed += planned - seen

        if (status == 124) complain("stopped after " limit " s")
        else if (status > 128) complain("killed by signal " status - 128)
        else if (status != 0) complain("exit status " status)
        if (complaint != "" && failed == 0) failed = 1
        print passed + 0, failed + 0, skipped + 0, complaint
    }'

sum_text() { # passed failed skipped
    if [ "$3" -gt 0 ]; then
        echo "$1 passed, $2 failed, $3 skipped"
    else
        echo "$1 passed, $2 failed"
    fi
}

log_of() { # program
    echo "$RUN_LOGS/$(echo "${1#"$RUN_PREFIX"}" | tr / -).log"
}

run_one() { # program
    log=$(log_of "$1")
    case $1 in
        *.sh) if [ -x "$1" ]; then set -- "$1" "$1"; else set -- "$1" sh "$1"; fi ;;
        *) set -- "$1" $RUN_WRAPPER "$1" ;; # the wrapper is a list of words
    esac
    program=$1
    shift
    if command -v timeout >/dev/null; then
        set -- timeout -k 10 "$RUN_LIMIT" "$@"
    fi

    # In a shell of its own, so that its remark on a crash lands in the log as well.
    status=0
    ("$@"; exit $?) >"$log" 2>"$log.stderr" </dev/null || status=$?

    tally=$(awk -v status=$status -v limit="$RUN_LIMIT" "$count_tap" "$log")
    if [ -s "$log.stderr" ]; then
        { echo "--- standard error ---"; cat "$log.stderr"; } >>"$log"
    fi
    rm -f "$log.stderr"
    echo "$tally" >"$log.tally"

    read -r passed failed skipped complaint <"$log.tally"
    verdict=ok
    [ "$failed" -eq 0 ] || verdict=FAIL
    printf '%-4s  %-44s %s\n' $verdict "${program#"$RUN_PREFIX"}" \
        "$(sum_text "$passed" "$failed" "$skipped")${complaint:+ ($complaint)}"
}

if [ "${1-}" = --one ]; then
    run_one "$2"
    exit 0
fi

jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
RUN_LIMIT=300 RUN_LOGS=build/test-logs RUN_PREFIX='' RUN_WRAPPER=''
while getopts j:t:l:s:w: option; do
    case $option in
        j) jobs=$OPTARG ;;
        t) RUN_LIMIT=$OPTARG ;;
        l) RUN_LOGS=$OPTARG ;;
        s) RUN_PREFIX=$OPTARG ;;
        w) RUN_WRAPPER=$OPTARG ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))

# What the caller's shell and make happen to hold is none of the tests' business.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKE_TERMOUT MAKE_TERMERR NO_COLOR FORCE_COLOR CMOCKA_XML_FILE
export RUN_LIMIT RUN_LOGS RUN_PREFIX RUN_WRAPPER
export LC_ALL=C CMOCKA_MESSAGE_OUTPUT=TAP

mkdir -p "$RUN_LOGS"
for program in "$@"; do
    log=$(log_of "$program")
    rm -f "$log" "$log.tally"
done

begin=$(date +%s)
if [ $# -gt 0 ]; then
    printf '%s\0' "$@" | xargs -0 -n 1 -P "$jobs" sh "$0" --one || true
fi

all_passed=0 all_failed=0 all_skipped=0
for program in "$@"; do
    log=$(log_of "$program")
    if ! read -r passed failed skipped complaint <"$log.tally"; then
        echo "run_tests: $program was not run to its end" >&2
        passed=0 failed=1 skipped=0
    fi
    all_passed=$((all_passed + passed))
    all_failed=$((all_failed + failed))
    all_skipped=$((all_skipped + skipped))
    [ "$failed" -eq 0 ] && continue
    printf '\n==== %s ====\n' "${program#"$RUN_PREFIX"}"
    tail -n 1000 "$log"
done

echo "run_tests: $(($(date +%s) - begin)) s; logs in $RUN_LOGS" >&2
[ $# -gt 0 ] || echo "run_tests: no test programs" >&2
sum_text $all_passed $all_failed $all_skipped
[ $all_failed -eq 0 ] && [ $all_passed -gt 0 ]
