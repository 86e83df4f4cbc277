# README tells the truth: every console block in it is what the program prints, and the script that it
# teaches has 15 lines.
. tools/tap.sh

# The named kind of fenced blocks, one file each: $scratch/KIND.1, ...
awk -v dir="$scratch" '/^```/ { if (kind != "") { close(file); kind = ""; next }
    kind = substr($0, 4); if (kind == "") kind = "plain"; file = dir "/" kind "." ++count[kind]; next }
    kind != "" { print > file }' README.md

scenarios=$PWD/scenarios
cp "$scratch/lua.1" "$scratch/third.lua"
ln -s "$scenarios" "$scratch/scenarios"
equal "the first scenario has at most 15 lines" "$(test "$(wc -l <"$scratch/third.lua")" -le 15 && echo yes)" yes

for block in "$scratch"/console.*; do
    command=$(sed -n '1s/^\$ tcpsim //p' "$block")
    sed 1d "$block" >"$scratch/wanted"
    (cd "$scratch" && COLUMNS=80 "$TCPSIM" $command >"$scratch/got" 2>/dev/null || true)
    check "tcpsim $command" diff -u "$scratch/wanted" "$scratch/got"
done

for file in $(grep -oE '\]\([a-z][a-zA-Z0-9_/.]*\)' README.md docs/*.md | sed 's/.*(\(.*\))/\1/' | sort -u); do
    check "a link leads to $file" sh -c 'test -e "$1" || test -e "docs/$1"' sh "$file"
done
for file in scenarios/*.lua; do
    check "README lists $(basename "$file")" grep -q "($file)" README.md
done

finish
