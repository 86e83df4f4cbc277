# What a run prints, and what it does not.
. tools/tap.sh

stale=scenarios/stale_syn.lua
compare="$("$TCPSIM" run $stale --compare handshake=two-way,three-way --color never || true)"
equal "the last line of a comparison names both verdicts" "$(printf '%s\n' "$compare" | tail -n 1)" \
    "two-way 2 failed · three-way 2 passed"
check_status 1 "a comparison with a failure exits 1" "$TCPSIM" $stale --compare \
    handshake=two-way,three-way
check "FILE.lua alone is run FILE.lua" "$TCPSIM" $stale

escapes() { "$TCPSIM" "$@" | grep -c "$(printf '\033')" || true; }
equal "a pipe gets no colour" "$(escapes $stale)" 0
equal "--color always gives colour" "$(test "$(escapes $stale --color always)" -gt 5 && echo yes)" yes
equal "FORCE_COLOR gives colour" \
    "$(test "$(FORCE_COLOR=1 && export FORCE_COLOR && escapes $stale)" -gt 5 && echo yes)" yes
equal "NO_COLOR wins over FORCE_COLOR" \
    "$(NO_COLOR=1 FORCE_COLOR=1 && export NO_COLOR FORCE_COLOR && escapes $stale)" 0
equal "--ascii is ASCII" "$("$TCPSIM" $stale --ascii | LC_ALL=C tr -d '\000-\177' | wc -c | tr -d ' ')" 0

for columns in 80 120; do
    widest=$("$TCPSIM" $stale --width $columns --ascii | awk '{ if (length > w) w = length } END { print w }')
    equal "no line is wider than $columns columns" "$((widest <= columns))" 1
done

digest() { "$TCPSIM" run "$@" --view none --digest | grep '^digest='; }
one=$(digest $stale)
equal "a digest is 16 hexadecimal digits" "$(echo "$one" | grep -cE '^digest=[0-9a-f]{16}$')" 1
equal "the ladder changes no digest" "$("$TCPSIM" $stale --digest | grep '^digest=')" "$one"
equal "--wire changes no digest" "$(digest $stale --wire)" "$one"
equal "--jsonl changes no digest" "$(digest $stale --jsonl /dev/null)" "$one"
equal "--watch changes no digest" "$(digest $stale --watch server:ss --every 1s)" "$one"
equal "another option changes the digest" \
    "$(test "$(digest $stale --set handshake=two-way || true)" != "$one" && echo yes)" yes
equal "--json says which schema" "$("$TCPSIM" run $stale --json | grep -c '"schema": *"tcpsim/1"')" 1

equal "tcpsim help run is run --help" "$("$TCPSIM" help run)" "$("$TCPSIM" run --help)"
equal "run -h is run --help" "$("$TCPSIM" run -h)" "$("$TCPSIM" run --help)"

equal "--at 0 shows the tables before anything happens" \
    "$("$TCPSIM" $stale --view none --watch server:ss --at 0 | grep -c '^-- t = 0.000 s')" 1
cut=$("$TCPSIM" $stale --width 80 --view none --watch client:ss --watch server:ss --every 10ms |
    grep timer: | grep -cv ')$' || true)
equal "the timers of ss fit 80 columns" "$cut" 0

"$TCPSIM" $stale --jsonl - >"$scratch/out" 2>/dev/null
equal "--jsonl - leaves stdout to the trace" "$(grep -cv '^{.*}$' "$scratch/out" || true)" 0

cat >"$scratch/odd name.lua" <<'END'
local sim = require "tcpsim"
local o = sim.options { word = "x", n = 1 }
print "hello"
sim.measure("twice", o.n * 2)
sim.expect("never", function() return false end)
END
odd() { "$TCPSIM" run "$scratch/odd name.lua" --color never "$@" 2>/dev/null || true; }
again=$(odd --view none --set "word=it's" --until 3s --max-events 99 --wire | grep '^again: ')
equal "again: every option that matters, quoted" "$again" \
    "again: tcpsim run '$scratch/odd name.lua' --seed 1 --set 'word=it'\\''s' --until 3s --max-events 99 --wire"
equal "again: a shell reads it" "$(eval "set -- ${again#again: }" && echo "$3 $7")" \
    "$scratch/odd name.lua word=it's"
equal "print() keeps out of the trace" "$(odd --jsonl - | grep -c hello || true)" 0

compared=$(odd --view none --compare n=1,20)
equal "numbers are compared by name, below what was measured" \
    "$(printf '%s\n' "$compared" | tail -n 3)" "       n=1  n=20
twice    2    40
n=1 1 failed · n=20 1 failed"
equal "--json has the measures" "$(odd --json | grep -c '"name": "twice"')" 1

verified=$("$TCPSIM" $stale --verify --compare handshake=two-way,three-way || true)
equal "--verify --compare verifies each value" \
    "$(printf '%s\n' "$verified" | sed 's/, seed.*difference, / /; s/, digest.*//')" \
    "verify: handshake=two-way 2 failed
verify: handshake=three-way 2 passed"

finish
