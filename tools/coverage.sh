#!/bin/sh
# Lines and branches that the tests reached, per folder and for the least covered files.
#
#   tools/coverage.sh BUILD      (a VARIANT=coverage build whose tests have run)
#
# Counts the .c files of sim/; GCOV= names another gcov.
set -eu
build=${1:?usage: coverage.sh BUILD}

find "$build/obj/sim" -name '*.gcda' | LC_ALL=C sort >"$build/coverage.list"
[ -s "$build/coverage.list" ] || { echo "coverage: no test has run in $build" >&2; exit 1; }

while read -r data; do
    "${GCOV:-gcov}" --no-output --branch-probabilities "$data" 2>/dev/null
done <"$build/coverage.list" | awk '
function amount(text) { sub(/^.* of /, "", text); return text + 0 }
function share(text) { sub(/^[^:]*:/, "", text); return text + 0 }
function percent(part, whole) { return whole ? sprintf("%6.1f%%", 100 * part / whole) : "      -" }

/^File / {
    file = substr($0, 7); sub(/\047$/, "", file)
    split(file, part, "/")
    folder = file ~ /^sim\/[a-z]+\/.*\.c$/ ? part[1] "/" part[2] : ""
}
# gcov closes with a sum, which belongs to no file.
file in file_lines && /^Lines executed:/ { folder = "" }
folder != "" && /^Lines executed:/ {
    lines[folder] += amount($0); got[folder] += share($0) * amount($0) / 100
    file_lines[file] = amount($0); file_share[file] = share($0)
}
folder != "" && /^Taken at least once:/ {
    branches[folder] += amount($0); taken[folder] += share($0) * amount($0) / 100
}
END {
    printf "%-14s %8s %8s %10s %8s\n", "folder", "lines", "reached", "branches", "taken"
    for (folder in lines) {
        row = sprintf("%-14s %8d  %s %10d  %s", folder, lines[folder],
                      percent(got[folder], lines[folder]), branches[folder],
                      percent(taken[folder], branches[folder]))
        print row | "LC_ALL=C sort"
        all += lines[folder]; all_got += got[folder]
        all_branches += branches[folder]; all_taken += taken[folder]
    }
    close("LC_ALL=C sort")
    printf "%-14s %8d  %s %10d  %s\n", "all", all, percent(all_got, all), all_branches,
           percent(all_taken, all_branches)
    print "\nleast covered files"
    for (file in file_lines)
        printf "  %6.1f%% of %4d lines  %s\n", file_share[file], file_lines[file], file | \
            "LC_ALL=C sort -n | head -10"
    close("LC_ALL=C sort -n | head -10")
}'
