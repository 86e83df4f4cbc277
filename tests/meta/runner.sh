# tools/run_tests.sh adds up right, and whatever a program leaves out counts as failed.
. tools/tap.sh

# Run one program made of the given shell text; $sum is the closing line, $status the exit status.
run() { # text [option...]
    echo "$1" >"$scratch/program.sh"
    shift
    status=0
    tools/run_tests.sh -l "$scratch/logs" "$@" "$scratch/program.sh" \
        >"$scratch/out" 2>/dev/null || status=$?
    sum=$(tail -n 1 "$scratch/out")
}
gives() { # name sum status
    equal "$1" "$sum, status $status" "$2, status $3"
}

run 'echo 1..2; echo ok 1 - a; echo ok 2 - b'
gives "all pass" "2 passed, 0 failed" 0
run 'echo ok 1 - a; echo 1..1'
gives "the plan may come last" "1 passed, 0 failed" 0
run 'echo 1..2; echo ok 1 - a; echo not ok 2 - b'
gives "one fails" "1 passed, 1 failed" 1
run 'echo 1..2; echo ok 1 - a; echo "not ok 2 # SKIP b"'
gives "a skip as cmocka writes it" "1 passed, 0 failed, 1 skipped" 0
run 'echo 1..2; echo ok 1 - a; echo "ok 2 - b # SKIP no tshark"'
gives "a skip as TAP has it" "1 passed, 0 failed, 1 skipped" 0
run 'echo "1..0 # SKIP no network"'
gives "nothing but a skip is no success" "0 passed, 0 failed, 1 skipped" 1
run 'echo 1..3; echo ok 1 - a'
gives "tests that did not run have failed" "1 passed, 2 failed" 1
run 'echo 1..1; echo ok 1 - a; echo ok 2 - b'
gives "more tests than planned" "2 passed, 1 failed" 1
run 'echo ok 1 - a'
gives "no plan" "1 passed, 1 failed" 1
run ':'
gives "no output" "0 passed, 1 failed" 1
run 'echo 1..0'
gives "an empty plan" "0 passed, 1 failed" 1
run 'echo 1..1; echo ok 1; echo 1..1; echo ok 1'
gives "two plans" "2 passed, 1 failed" 1
run 'echo 1..1; echo ok 1 - a; exit 9'
gives "a bad exit after good tests" "1 passed, 1 failed" 1
run 'echo 1..2; echo ok 1 - a; kill -SEGV $$'
gives "a crash" "1 passed, 1 failed" 1
run 'echo 1..1; echo ok 1 - a; sleep 20' -t 1
gives "a program that does not end" "1 passed, 1 failed" 1
run 'echo 1..1; echo "not ok 1 - a"; echo "the reason why" >&2'
equal "the log of a failure is shown" "$(grep 'the reason' "$scratch/out")" "the reason why"
run 'echo 1..1; printf "ok 1 "; echo noise >&2; echo "- a"'
gives "standard error does not cut a line in two" "1 passed, 0 failed" 0

check_status 1 "nothing to run is no success" tools/run_tests.sh -l "$scratch/logs"
check_status 1 "a program that is not there" tools/run_tests.sh -l "$scratch/logs" "$scratch/none"

# The words that shell tests are written in.
(. tools/tap.sh; check good true; check bad false; check_fails good false; check_fails bad true
    check_status 3 good sh -c 'exit 3'; equal good a a; equal bad a b; skip it "for a reason"
    finish) >"$scratch/tap" || true
equal "tools/tap.sh tells good from bad" "$(grep -v '^#' "$scratch/tap")" "ok 1 - good
not ok 2 - bad
ok 3 - good
not ok 4 - bad
ok 5 - good
ok 6 - good
not ok 7 - bad
ok 8 - it # SKIP for a reason
1..8"

finish
