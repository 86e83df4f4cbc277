# Shell tests report in TAP with these few words. Use: . tools/tap.sh (tests run at the top of the
# tree), then check/equal/skip as often as needed, then finish.
#
#   check NAME COMMAND...          ok when the command succeeds; its output is shown when it fails
#   check_fails NAME COMMAND...    ok when the command fails with a status of its own (1 to 125)
#   check_status N NAME COMMAND... ok when the command exits with N
#   equal NAME GOT WANTED          ok when the two texts are the same; shows the difference
#   skip NAME REASON
#   finish                         prints the plan, and exits 1 if a test failed
#
# $scratch is an empty folder that is removed at the end.

tap_count=0
tap_failures=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

tap_report() { # passed? name
    tap_count=$((tap_count + 1))
    if [ "$1" = yes ]; then
        echo "ok $tap_count - $2"
    else
        echo "not ok $tap_count - $2"
        tap_failures=$((tap_failures + 1))
        sed 's/^/# /' "$scratch/.said"
    fi
}

check_status() {
    tap_wanted=$1 tap_name=$2
    shift 2
    tap_status=0
    ("$@") >"$scratch/.said" 2>&1 || tap_status=$?
    if [ "$tap_status" -eq "$tap_wanted" ]; then
        tap_report yes "$tap_name"
    else
        echo "exit status $tap_status instead of $tap_wanted: $*" >>"$scratch/.said"
        tap_report no "$tap_name"
    fi
}

check() {
    check_status 0 "$@"
}

check_fails() {
    tap_name=$1
    shift
    tap_status=0
    ("$@") >"$scratch/.said" 2>&1 || tap_status=$?
    if [ $tap_status -ge 1 ] && [ $tap_status -le 125 ]; then
        tap_report yes "$tap_name"
    else
        echo "exit status $tap_status instead of a failure: $*" >>"$scratch/.said"
        tap_report no "$tap_name"
    fi
}

equal() {
    printf '%s\n' "$2" >"$scratch/.got"
    printf '%s\n' "$3" >"$scratch/.wanted"
    if diff -u "$scratch/.wanted" "$scratch/.got" >"$scratch/.said"; then
        tap_report yes "$1"
    else
        tap_report no "$1"
    fi
}

skip() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

finish() {
    echo "1..$tap_count"
    exit $((tap_failures > 0))
}
