#!/bin/sh
# The inner folders compute, and do nothing else.  usage: tools/check_purity.sh [ROOT [OBJECTS]]
#
# A run is a pure function of scenario, options and seed. So base, core, wire, tcp and net call no
# allocator, stdio, clock, random source or libm, keep no state outside the world they are handed,
# and know no floating point. The object files say what is called and kept (macros cannot hide it);
# the sources say where a float is written.
#
#   ROOT     top of the tree                        (default: .)
#   OBJECTS  folder of objects, as OBJECTS/sim/*/   (default: build/release/obj)
#            of a build without sanitizers or coverage, which add calls and data of their own
set -eu
root=${1:-.}
objects=${2:-build/release/obj}
case $objects in /*) ;; *) objects=$PWD/$objects ;; esac
cd "$root"

inner='base core wire tcp net'

# All that the inner folders may call outside themselves: memory and strings, and what compilers
# make of them or add by themselves. (Not qsort: it leaves the order of ties to the C library.)
outside='
memcpy memmove memset memcmp memchr bcmp
strlen strnlen strcpy strcmp strncmp strchr strrchr strstr strspn strcspn
__memcpy_chk __memmove_chk __memset_chk __stack_chk_fail _GLOBAL_OFFSET_TABLE_ __tls_get_addr
'

# Sanctioned exceptions.
# source            may also call, or own ("thread-local N": so many variables of one thread)
exceptions='
sim/base/memory.c | malloc calloc realloc free
sim/base/panic.c  | abort fprintf vfprintf snprintf vsnprintf fputs fputc puts fwrite fflush stderr
sim/base/panic.c  | thread-local 1
'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for folder in $inner; do
    [ ! -d "sim/$folder" ] || find "sim/$folder" -name '*.[ch]'
done | LC_ALL=C sort >"$work/sources"
grep '\.c$' "$work/sources" >"$work/units" || { echo "purity: no sources under $PWD" >&2; exit 2; }

# ---- floating point: keywords, literals, <math.h> -----------------------------------------------

awk '
# The line without comments, strings and character constants.
function code_of(text,    out, at, mark, rest) {
    out = ""
    while (text != "") {
        if (in_comment) {
            at = index(text, "*/")
            if (!at) return out
            text = substr(text, at + 2); in_comment = 0; out = out " "
            continue
        }
        if (!match(text, /\/\*|\/\/|"|\047/)) return out text
        mark = substr(text, RSTART, RLENGTH)
        out = out substr(text, 1, RSTART - 1)
        rest = substr(text, RSTART + RLENGTH)
        if (mark == "//") return out
        if (mark == "/*") { in_comment = 1; text = rest; continue }
        if (mark == "\"") match(rest, /^([^"\\]|\\.)*"/)
        else match(rest, /^([^\047\\]|\\.)*\047/)
        text = RLENGTH > 0 ? substr(rest, RLENGTH + 1) : ""
        out = out "_"
    }
    return out
}
{
    file = $0; line = 0; in_comment = 0
    while ((getline text <file) > 0) {
        line++
        if (text ~ /^[ \t]*#[ \t]*include[ \t]*<(math|tgmath|fenv|complex)\.h>/)
            print file ":" line ": floating point: " text
        code = code_of(text)
        if (code ~ /(^|[^A-Za-z0-9_])(float|double|_Complex)([^A-Za-z0-9_]|$)/ ||
            code ~ /(^|[^A-Za-z0-9_.])([0-9]+\.|\.[0-9]|[0-9]+[eE][-+]?[0-9])/)
            print file ":" line ": floating point: " text
    }
    close(file)
}' "$work/sources" >"$work/report"

# ---- calls and state: what the object files say -------------------------------------------------

# One line a symbol: source, section, g(lobal) or l(ocal), name.
while read -r source; do
    object=$objects/${source%.c}.o
    if [ ! -f "$object" ]; then
        echo "$source: no object $object" >>"$work/report"
        continue
    fi
    objdump -t "$object" | awk -v source="$source" -F '\t' '
        NF == 2 && $1 ~ /^[0-9a-f]+ / {
            flags = substr($1, index($1, " ") + 1, 7)
            section = $1; sub(/^.* /, "", section)
            name = $2; sub(/^.* /, "", name)
            if (flags !~ /[df]/ || section == "*UND*")
                print source, section, (flags ~ /l/ ? "l" : "g"), name
        }'
done <"$work/units" >"$work/symbols"

OUTSIDE=$outside EXCEPTIONS=$exceptions awk '
BEGIN {
    count = split(ENVIRON["OUTSIDE"], word, " ")
    for (i = 1; i <= count; i++) pure[word[i]] = 1
    count = split(ENVIRON["EXCEPTIONS"], row, "\n")
    for (i = 1; i <= count; i++) if (split(row[i], cell, "|") == 2) {
        source = cell[1]; sub(/ +$/, "", source)
        words = split(cell[2], word, " ")
        if (word[1] == "thread-local") threads[source] += word[2]
        else for (j = 1; j <= words; j++) may[source, word[j]] = 1
    }
}
NR == FNR { if ($2 != "*UND*" && $3 == "g") ours[$4] = 1; next }
$2 == "*UND*" && !($4 in ours) && !($4 in pure) && !(($1, $4) in may) \
    && $4 !~ /^__(u?div|u?mod|u?divmod|mul|ashl|ashr|lshr|popcount|clz|ctz|bswap)[dst]i[234]?$/ {
    print $1 ": uses " $4 ", which is outside the inner folders"
}
$2 ~ /^\.t(data|bss)/ {
    if (++thread_count[$1] > threads[$1]) print $1 ": keeps state in " $4 " (thread-local)"
}
$2 ~ /^(\.l?data|\.l?bss|\*COM\*)/ && $2 !~ /^\.l?data\.rel\.ro/ {
    print $1 ": keeps state in " $4 " (" $2 ")"
}' "$work/symbols" "$work/symbols" >>"$work/report"

if [ -s "$work/report" ]; then
    cat "$work/report"
    echo "purity: $(grep -c '' "$work/report") violations"
    exit 1
fi
echo "purity: $(grep -c '' "$work/units") sources are pure"
