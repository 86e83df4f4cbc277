# Every lesson keeps its promises with every choice of its options; the flagship's two-way run breaks
# them, as it should.
. tools/tap.sh

run() { # file settings...
    "$TCPSIM" run "$@" --view none
}

for file in scenarios/*.lua; do
    name=$(basename "$file" .lua)
    check "$name: expectations hold" run "$file"
    check "$name: a rerun is the same run" run "$file" --verify
    check "$name: the wire form changes nothing" run "$file" --wire
done

# What each option changes, where the lesson says that its expectations still hold.
for setting in 02_delayed_syn:client_answers=false 04_four_messages:handshake=three-way \
    05_lost_syn:lost=0 05_lost_syn:lost=1 05_lost_syn:lost=3 05_lost_syn:lost=4 05_lost_syn:lost=5 \
    05_lost_syn:lost=6 05_lost_syn:lost=7 07_lost_last_ack:speaks_first=server \
    09_half_close:patience=70ms 12_accept_queue_full:abort_on_overflow=true \
    13_syn_flood:rate=1 13_syn_flood:rate=2 13_syn_flood:rate=3 13_syn_flood:live_sources=true \
        14_http_keepalive:keepalive=false 14_http_keepalive:requests=1; do
    check "$setting: expectations hold" run "scenarios/${setting%%:*}.lua" --set "${setting#*:}"
done
for flood in longer-queue:16 longer-queue:17 longer-queue:400 shorter-timeout:42 \
    shorter-timeout:43 shorter-timeout:1000; do # on both sides of the thresholds
    check "flood of ${flood#*:} a second against ${flood%:*}: expectations hold" \
        run scenarios/13_syn_flood.lua --set defence=${flood%:*} --set rate=${flood#*:}
done

# Where the lesson is that something breaks.
for setting in stale_syn:handshake=two-way 02_delayed_syn:handshake=two-way \
    11_time_wait:time_wait=false; do
    check_status 1 "$setting: expectations fail, as the lesson says" \
        run "scenarios/${setting%%:*}.lua" --set "${setting#*:}"
done

finish
