# The include table holds (tools/check_layers.sh), and the check can fail.
. tools/tap.sh

# A tree with one more source: $scratch/FILE with one line.
plant() { # file line
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree/$(dirname "$1")" "$scratch/tree/sim/base" "$scratch/tree/include/tcpsim"
    echo '#include <stdint.h>' >"$scratch/tree/sim/base/seq.h"
    echo "$2" >"$scratch/tree/$1"
}
refused() { # name file line
    plant "$2" "$3"
    check_status 1 "$1" tools/check_layers.sh "$scratch/tree"
}
accepted() { # name file line
    plant "$2" "$3"
    check "$1" tools/check_layers.sh "$scratch/tree"
}

check "this tree keeps to the table" tools/check_layers.sh .

accepted "tcp may include wire" sim/tcp/a.c '#include "sim/wire/segment.h"'
accepted "tcp may include the public time type" sim/tcp/a.h '#include "tcpsim/time.h"'
accepted "lua may include any public header" sim/lua/a.c '#include "tcpsim/sim.h" /* all of it */'
accepted "lua may include Lua" sim/lua/a.c '#include <lauxlib.h>'

refused "tcp may not include net" sim/tcp/a.c '#include "sim/net/host.h"'
refused "tcp may not include core" sim/tcp/a.h '  #  include "sim/core/tape.h"'
refused "wire may not include tcp" sim/wire/a.c '#include "sim/tcp/tcb.h"'
refused "tcp may not include the public simulator" sim/tcp/a.c '#include "tcpsim/sim.h"'
refused "observe may not include net" sim/observe/a.c '#include "sim/net/host.h"'
refused "cli may not include tcp" sim/cli/a.c '#include "sim/tcp/tcb.h"'
refused "cli may not include Lua" sim/cli/a.c '#include <lua.h>'
refused "a path must start at the top" sim/tcp/a.c '#include "tcb.h"'
refused "a path may not climb" sim/tcp/a.c '#include "../net/host.h"'
refused "a computed include is not understood" sim/tcp/a.c '#include HEADER'
refused "a public header may not include a private one" include/tcpsim/a.h \
    '#include "sim/base/seq.h"'
refused "a public header may not include Lua" include/tcpsim/a.h '#include <lua.h>'
refused "a folder that the table does not know" sim/misc/a.c '#include <stdint.h>'

plant sim/tcp/a.c '#include "sim/net/host.h"'
equal "the complaint says where, what, and what is allowed" \
    "$(tools/check_layers.sh "$scratch/tree" | head -n 1)" \
    'sim/tcp/a.c:1: includes "sim/net/host.h"; allowed in sim/tcp: sim/{base wire tcp}/'

finish
