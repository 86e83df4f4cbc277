# What bad input gets: a clear message on stderr, and the right exit code.
. tools/tap.sh

script() { # text: a scenario in $scratch/s.lua
    printf '%s\n' "$1" >"$scratch/s.lua"
}

# refuses STATUS NAME WORDS ARGUMENTS...: exit status, and words that the message must contain.
refuses() {
    wanted=$1 name=$2 words=$3
    shift 3
    status=0
    "$TCPSIM" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
    said="$(cat "$scratch/err")"
    case $said in
    *"$words"*) found=yes ;;
    *) found=no ;;
    esac
    equal "$name" "$status $found $said" "$wanted yes $said"
}

lua='local sim = require "tcpsim"'

refuses 2 "no arguments: the help on stderr" "usage: tcpsim FILE.lua"
refuses 2 "an unknown command" "did you mean 'run'" rum
refuses 2 "an unknown flag" "did you mean --seed" run scenarios/stale_syn.lua --sede 3
refuses 2 "a flag without its value" "--seed needs a value" run scenarios/stale_syn.lua --seed
refuses 2 "a seed that is no number" "whole number" run scenarios/stale_syn.lua --seed x
refuses 2 "a bad time" "takes a time" run scenarios/stale_syn.lua --until 3parsecs
refuses 2 "an unknown view" "ladder, tcpdump" run scenarios/stale_syn.lua --view lader
refuses 2 "two scenarios" "one scenario at a time" run a.lua b.lua
refuses 2 "an unknown option of the scenario" "handshake" \
    run scenarios/stale_syn.lua --set handshaek=two-way
refuses 2 "a value that is no choice" "two-way" \
    run scenarios/stale_syn.lua --set handshake=one-way
refuses 2 "a watch without a time" "--at TIME" run scenarios/stale_syn.lua --watch server:ss
stale=scenarios/stale_syn.lua
for flag in --until --max-events --rows --width --every; do
    refuses 2 "$flag 0" "of more than 0" run $stale $flag 0
done
refuses 2 "a time too large" "is too large" run $stale --until 99999999999s
refuses 2 "a comma too many" "a value is empty" run $stale --compare handshake=two-way,
refuses 2 "a flag with one dash" "unknown option '-s'" run $stale -seed 3
refuses 2 "a usage error of run points to its help" "Try: tcpsim run --help" run $stale --seed x
refuses 2 "an unknown host to watch" "no host 'servr'; did you mean 'server'?" \
    run $stale --watch servr:ss --at 1s
equal "an unknown host to watch: nothing ran" "$(cat "$scratch/out")" ""
refuses 0 "a time to watch after the end" "the run ended at 3.020 s, before 100.000 s" \
    run $stale --watch server:ss --at 1s --at 100s
refuses 2 "tables amid JSON" "mix" run $stale --json --watch server:ss --at 1s
refuses 4 "--max-events counts the whole run under --watch" "limit of 10 events" \
    run $stale --view none --watch server:ss --every 1ms --max-events 10
refuses 6 "a missing file" "no_such.lua" run no_such.lua
refuses 6 "a folder" "scenarios" run scenarios
refuses 6 "a place that cannot be written" "no/such/folder" \
    run scenarios/stale_syn.lua --jsonl no/such/folder/x

script 'local x = = 3'
refuses 3 "a syntax error: file, line, caret" "s.lua:1:" run "$scratch/s.lua"
script "$lua
local nothing = nil
nothing.field = 1"
refuses 3 "a runtime error: file and line" "s.lua:3:" run "$scratch/s.lua"
script "$lua
sim.host('a', { iip = '10.0.0.1' })"
refuses 3 "an unknown key" "did you mean 'ip'" run "$scratch/s.lua"
script "$lua
local a, b = sim.host 'a', sim.host 'b'
sim.link(a, b, { delay = '10parsecs' })"
refuses 3 "a bad duration" "10parsecs" run "$scratch/s.lua"
script "$lua
sim.host('a', { ip = '10.0.0.256' })"
refuses 3 "a bad address" "10.0.0.256" run "$scratch/s.lua"
script "$lua
local a, b = sim.host 'a', sim.host 'b'
sim.link(a, b, { rate = -1 })"
refuses 3 "a negative rate" "rate" run "$scratch/s.lua"
script "$lua
local a = sim.host 'a'
a:listen(80, function() end)
a:listen(80, function() end)"
refuses 3 "a listener twice on one port" "s.lua:4:" run "$scratch/s.lua"
script "$lua
local a, b = sim.host 'a', sim.host 'b'
a:spawn(function() assert(a:connect(b, 80)) end)"
refuses 3 "a host without a route" "route" run "$scratch/s.lua"
script "while true do end"
refuses 4 "a script that loops for ever" "instruction" run "$scratch/s.lua"
refuses 4 "a limit on steps" "instruction" run "$scratch/s.lua" --max-steps 100000
refuses 2 "too few steps" "100000 or more" run scenarios/stale_syn.lua --max-steps 99
script "while true do pcall(function() while true do end end) end"
refuses 4 "a script that loops for ever behind pcall" "instruction" run "$scratch/s.lua"
script 'local s = "x" while true do s = s .. s end'
refuses 4 "a script that eats memory" "memory" run "$scratch/s.lua"
script "$lua
local a = sim.host 'a'
a:every('1ms', function() end)"
refuses 4 "a world that never ends" "events" run "$scratch/s.lua" --max-events 10000

script "$lua
local o = sim.options { n = 1 }
if o.n == 2 then error 'two' end"
"$TCPSIM" run "$scratch/s.lua" --json --compare n=1,2,3 >"$scratch/out" 2>/dev/null || true
equal "--json --compare: an error in a later run still closes the array" \
    "$(grep -cE '^(\[|\]|,)$' "$scratch/out") $(tail -n 1 "$scratch/out")" "3 ]"
equal "--json tells the outcomes" "$(grep '"outcome"' "$scratch/out" | tr -d ' \n')" \
    '"outcome":"passed","outcome":"error",'
equal "--json tells the error" "$(grep -c '"error": "s*.*two' "$scratch/out")" 1
equal "--json: no status where the world did not run" "$(grep -c '"status": null' "$scratch/out")" 1
"$TCPSIM" run no_such.lua --json >"$scratch/out" 2>/dev/null || true
equal "--json tells of a file that cannot be read" \
    "$(grep -c '"outcome": "unreadable"' "$scratch/out")" 1
"$TCPSIM" run $stale --json --max-events 3 >"$scratch/out" 2>/dev/null || true
equal "--json: the limit of events" "$(grep -c '"status": "SIM_LIMIT"' "$scratch/out")" 1

script "$lua
print 'before'
sim.host 'a'
error 'after'"
status=0
"$TCPSIM" run "$scratch/s.lua" --view none >"$scratch/out" 2>"$scratch/err" || status=$?
equal "output before an error is not lost" "$status $(grep -c before "$scratch/out")" "3 1"

if [ -e /dev/full ]; then
    check_status 6 "a full disk" sh -c '"$1" run scenarios/stale_syn.lua >/dev/full' sh "$TCPSIM"
    check_status 6 "a full disk under --jsonl" "$TCPSIM" run scenarios/stale_syn.lua --view none \
        --jsonl /dev/full
else
    skip "a full disk" "no /dev/full"
fi

finish
