#!/bin/sh
# Who may include whom.  usage: tools/check_layers.sh [ROOT]
#
# Reads every #include under sim/ and include/ and holds it against the table below. Includes are
# written from the top of the tree: "sim/base/seq.h", "tcpsim/time.h". tests/ is free.
set -eu
cd "${1:-.}"

# folder  | private headers it may include    | public headers it may include
table='
base      | base                              | time status packet rules tcp_types
wire      | base wire                         | time status packet rules tcp_types
tcp       | base wire tcp                     | time status packet rules tcp_types
core      | base core                         | any
net       | base wire tcp core net            | any
observe   | base observe                      | any
explore   | base explore                      | any
drill     | base drill                        | any
lua       | base lua                          | any
cli       | base observe explore drill lua cli| any
public    |                                   | any
'
# <headers> that only one folder may include; public headers keep to the C library.
system='
lua.h     | lua
lualib.h  | lua
lauxlib.h | lua
'
libc='
assert ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar
wctype
'

list=$(mktemp)
trap 'rm -f "$list"' EXIT
find sim include -type f \( -name '*.[ch]' -o -name '*.def' \) | LC_ALL=C sort >"$list"
[ -s "$list" ] || { echo "layers: no sources under $(pwd)" >&2; exit 2; }

TABLE=$table SYSTEM=$system LIBC=$libc awk '
function trim(text) { gsub(/^ +| +$/, "", text); return text }
function has(words, word) { return index(" " words " ", " " word " ") > 0 }

function violation(what, allowed) {
    printf "%s:%d: includes %s; allowed in %s: %s\n", file, line, what, place, allowed
    bad++
}

function judge(text,    name, part) {
    if (text ~ /^"sim\/[^\/]+\/[^\/]+"$/) {
        split(text, part, "/")
        if (!has(private[folder], part[2]))
            violation(text, private[folder] == "" ? "no private header" : \
                      "sim/{" private[folder] "}/")
    } else if (text ~ /^"tcpsim\/[^\/]+"$/) {
        name = substr(text, 9, length(text) - 9)
        sub(/\.(h|def)$/, "", name)
        if (public[folder] != "any" && !has(public[folder], name))
            violation(text, "tcpsim/{" public[folder] "}.h")
    } else if (text ~ /^<[^>]*>$/) {
        name = substr(text, 2, length(text) - 2)
        if (name ~ /^(sim|tcpsim)\//)
            violation(text, "our own headers in quotes")
        else if (name in owner && owner[name] != folder)
            violation(text, "<" name "> in sim/" owner[name] "/ only")
        else if (folder == "public" && !has(libc, substr(name, 1, length(name) - 2)))
            violation(text, "headers of the C library")
    } else
        violation(text, "\"sim/FOLDER/FILE\", \"tcpsim/FILE\" or <FILE>")
}

BEGIN {
    libc = ENVIRON["LIBC"]; gsub(/\n/, " ", libc)
    count = split(ENVIRON["TABLE"], row, "\n")
    for (i = 1; i <= count; i++) if (split(row[i], cell, "|") == 3) {
        name = trim(cell[1]); private[name] = trim(cell[2]); public[name] = trim(cell[3])
    }
    count = split(ENVIRON["SYSTEM"], row, "\n")
    for (i = 1; i <= count; i++) if (split(row[i], cell, "|") == 2) owner[trim(cell[1])] = trim(cell[2])
}
{
    file = $0
    split(file, part, "/")
    folder = part[1] == "include" ? "public" : part[2]
    place = folder == "public" ? "include/tcpsim" : "sim/" folder
    line = 0
    if (!(folder in private)) {
        print file ":1: folder " folder " is not in the table of tools/check_layers.sh"
        bad++
    } else while ((getline text <file) > 0) {
        line++
        if (text !~ /^[ \t]*#[ \t]*include/) continue
        sub(/^[ \t]*#[ \t]*include[ \t]*/, "", text)
        sub(/[ \t]*(\/[\/*].*)?$/, "", text)
        judge(text)
    }
    close(file)
    files++
}
END {
    if (bad) { printf "layers: %d violations in %d files\n", bad, files; exit 1 }
    printf "layers: %d files keep to the table\n", files
}' "$list"
