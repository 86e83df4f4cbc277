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

finish
