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
script "while true do pcall(function() while true do end end) end"
refuses 4 "a script that loops for ever behind pcall" "instruction" run "$scratch/s.lua"
script 'local s = "x" while true do s = s .. s end'
refuses 4 "a script that eats memory" "memory" run "$scratch/s.lua"
script "$lua
local a = sim.host 'a'
a:every('1ms', function() end)"
refuses 4 "a world that never ends" "events" run "$scratch/s.lua" --max-events 10000

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
