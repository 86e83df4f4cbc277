# --help, the manual page and the three completions know the same flags.
. tools/tap.sh

flags_of() { # text on stdin: --flags, one a line, sorted
    tr -d '\\' | grep -oE -- '--[a-z]+(-[a-z]+)*' | sed 's/^--colour$/--color/' | sort -u | grep -v -- '--help'
}

help=$("$TCPSIM" run --help | flags_of)
equal "the manual page" "$(flags_of <docs/man/tcpsim.1)" "$help"
equal "bash" "$(flags_of <completions/tcpsim.bash)" "$help"
equal "zsh" "$(flags_of <completions/_tcpsim)" "$help"
equal "fish" "$(sed -n 's/.* -l \([a-z-]*\).*/--\1/p' completions/tcpsim.fish | flags_of)" "$help"
check "bash accepts its completion" sh -c 'command -v bash >/dev/null || exit 0; bash -n completions/tcpsim.bash'

# The check can fail: a flag more in the help.
equal "a flag that only one of them knows is noticed" \
    "$(test "$(printf '%s\n--new-flag\n' "$help" | flags_of)" != "$help" && echo yes)" yes

finish
