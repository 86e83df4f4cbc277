# Whole outputs against the files beside this script. `make golden-update` writes them anew; review
# the difference before you commit it.
. tools/tap.sh

golden() { # name arguments...
    name=$1
    file=tests/golden/$name.txt
    shift
    "$TCPSIM" "$@" --color never >"$scratch/out" 2>"$scratch/err" || true
    if [ -n "${GOLDEN_UPDATE-}" ]; then
        cp "$scratch/out" "$file"
    fi
    check "$name" diff -u "$file" "$scratch/out"
}

for file in scenarios/*.lua; do
    name=$(basename "$file" .lua)
    golden "$name" run "$file" --width 80
done
golden compare_stale_syn run scenarios/stale_syn.lua --width 80 \
    --compare handshake=two-way,three-way
golden compare_stale_syn_120 run scenarios/stale_syn.lua --width 120 \
    --compare handshake=two-way,three-way
golden stale_syn_ascii run scenarios/stale_syn.lua --width 80 --ascii
golden stale_syn_tcpdump run scenarios/stale_syn.lua --width 80 --view tcpdump
golden stale_syn_rules run scenarios/stale_syn.lua --width 80 --view tcpdump --rules full
golden stale_syn_json run scenarios/stale_syn.lua --json
golden stale_syn_jsonl run scenarios/stale_syn.lua --view none --jsonl -
golden syn_flood_watch run scenarios/13_syn_flood.lua --width 80 --view none \
    --watch server:netstat --watch server:ss --watch server:stats --at 60s
golden handshake_stats run scenarios/01_handshake_and_close.lua --width 80 --view stats
golden help help
golden help_run run --help
golden help_scenario run scenarios/05_lost_syn.lua --help

finish
