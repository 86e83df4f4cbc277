# The scenario API has the same names in the program, in the annotations for editors, and in the
# documentation: functions, methods, fields, and the keys of option tables.
#
# A name is written sim.f, host:f (a method), host.f (a field) or host_options.f (a key).
. tools/tap.sh

# From the tables of the bindings: `static const luaL_Reg host_methods[] = { { "at", ...`.
names_in_code() { # files
    cat "$@" | awk '
        /^#define DIRECTION_KEYS/ { inside = list = 1; prefix = "" }
        /^static const (luaL_Reg|struct record_field|char \*const) [a-z0-9_]+\[\] = \{/ {
            inside = 1
            match($0, /[a-z0-9_]+\[\]/)
            table = substr($0, RSTART, RLENGTH - 2)
            prefix = ""
            if (table == "module_functions") prefix = "sim."
            else if (sub(/_methods$/, "", table)) prefix = table ":"
            else if (sub(/_options_keys$/, "", table)) prefix = table "_options."
            else if (sub(/_fields$/, "", table)) prefix = table "."
            else inside = 0
            list = /char \*const/
        }
        inside {
            if (/DIRECTION_KEYS/ && prefix != "") for (key in shared) print prefix key
            line = $0
            item = list ? "\"[a-z0-9_]+\"" : "\\{ \"[a-z0-9_]+\"|(STAT|RETRANSMIT)\\([a-z0-9_]+\\)"
            while (match(line, item)) {
                name = substr(line, RSTART, RLENGTH)
                line = substr(line, RSTART + RLENGTH)
                gsub(/^(STAT|RETRANSMIT)\(|[{ ")]/, "", name)
                if (prefix == "") shared[name] = 1
                else print prefix name
            }
            if (prefix == "" ? !/\\$/ : /;$/) inside = 0
        }
        # Fields that no table lists: the view within the counters, and the HTTP message.
        /^static const char stats_name.*retransmits_name/ { print "host_stats.retransmits" }
        /HTTP_MESSAGE, "[a-z]+"|set_field\(L, "[a-z]+"/ {
            match($0, /"[a-z]+"/)
            print "http_message." substr($0, RSTART + 1, RLENGTH - 2)
        }' | LC_ALL=C sort -u
}

# From `function sim.f(`, `function Host:f(`, and `---@field f` within `---@class tcpsim.Host`.
names_in_annotations() { # file
    awk '
        function snake(name) {
            while (match(name, /[a-z][A-Z]/))
                name = substr(name, 1, RSTART) "_" substr(name, RSTART + 1)
            return tolower(name)
        }
        /^function sim\./ { sub(/^function /, ""); sub(/\(.*/, ""); print }
        /^function [A-Z]/ { sub(/^function /, ""); sub(/\(.*/, ""); split($0, part, ":")
                            print snake(part[1]) ":" part[2] }
        /^---@class tcpsim\./ {
            class = $2
            sub(/^tcpsim\./, "", class)
            parent = sub(/:$/, "", class) ? $3 : ""
            sub(/^tcpsim\./, "", parent)
            for (i = 1; i <= count[parent]; i++) print snake(class) "." field[parent, i]
            for (i = 1; i <= count[parent]; i++) field[class, ++count[class]] = field[parent, i]
        }
        /^---@field [a-z]/ {
            name = $2
            sub(/\?$/, "", name)
            field[class, ++count[class]] = name
            print snake(class) "." name
        }' "$1" | LC_ALL=C sort -u
}

# From headings `### host:f(...)`, and from rows "| `name` |" below `#### Host options`.
names_in_documentation() { # file
    awk '
        /^### (sim\.|[a-z]+:)[a-z0-9_]+/ {
            match($0, /(sim\.|[a-z]+:)[a-z0-9_]+/)
            print substr($0, RSTART, RLENGTH)
            table = ""
        }
        /^#/ { table = "" }
        /^#### / {
            table = tolower(substr($0, 6))
            gsub(/ /, "_", table)
            sub(/_fields$/, "", table)
        }
        /^\| `[a-z0-9_]+` \|/ && table != "" { print table "." substr($2, 2, length($2) - 2) }
        # The options of links, which switches take as well.
        /^\| `[a-z0-9_]+` \|/ && table == "link_options" {
            name = substr($2, 2, length($2) - 2)
            print "switch_options." name
            if (name !~ /^(forward|backward)$/) print "direction_options." name
        }' "$1" | LC_ALL=C sort -u
}

names_in_code sim/lua/lua_*.c >"$scratch/code"
names_in_annotations lua/tcpsim.d.lua >"$scratch/annotations"
names_in_documentation docs/LUA_API.md >"$scratch/documentation"

check "the program has more than 200 names" test "$(wc -l <"$scratch/code")" -gt 200
for name in sim.host host:connect host.ip conn:recv_http host_options.msl link_options.delay \
    host_stats.syn_sent retransmits.syn_ack status.srtt packet.seq http_message.body; do
    check "$name is found in the program" grep -qx "$name" "$scratch/code"
done
check "the annotations have the names of the program" \
    diff -u "$scratch/code" "$scratch/annotations"
check "the documentation has the names of the program" \
    diff -u "$scratch/code" "$scratch/documentation"

# The comparison can fail, each way.
sed 's/{ "connect", [a-z_]* },//' sim/lua/lua_host.c >"$scratch/lua_host.c"
names_in_code "$scratch/lua_host.c" >"$scratch/less"
check_fails "a function that the program lost is missed" grep -qx host:connect "$scratch/less"
sed '/^function Host:connect/d; /^---@field ip /d' lua/tcpsim.d.lua >"$scratch/d.lua"
names_in_annotations "$scratch/d.lua" >"$scratch/less"
check_fails "a function without annotation is noticed" diff "$scratch/code" "$scratch/less"
sed 's/^### host:connect/### connecting/; /^| `msl` /d' docs/LUA_API.md >"$scratch/api.md"
names_in_documentation "$scratch/api.md" >"$scratch/less"
check_fails "a function without documentation is noticed" diff "$scratch/code" "$scratch/less"
check_fails "an option without documentation is noticed" grep -qx host_options.msl "$scratch/less"

if command -v luac5.4 >/dev/null; then
    check "the annotations are Lua" luac5.4 -p lua/tcpsim.d.lua
elif command -v lua5.4 >/dev/null; then
    check "the annotations are Lua" lua5.4 -e 'assert(loadfile "lua/tcpsim.d.lua")'
else
    skip "the annotations are Lua" "no lua5.4 here"
fi

finish
