# bash completion for tcpsim
_tcpsim() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local flags="--set --compare --seed --until --max-events --max-steps --view --rules --watch --at --every
        --rows --width --color --ascii --json --jsonl --digest --verify --wire --help"
    case $previous in
    --view) mapfile -t COMPREPLY < <(compgen -W "ladder tcpdump ss netstat stats none" -- "$current") ;;
    --rules) mapfile -t COMPREPLY < <(compgen -W "full names none" -- "$current") ;;
    --color) mapfile -t COMPREPLY < <(compgen -W "always never auto" -- "$current") ;;
    --jsonl) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    *)
        if [[ $current == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$current")
        elif [[ $COMP_CWORD -eq 1 ]]; then
            mapfile -t COMPREPLY < <(compgen -W "run help version" -- "$current"; compgen -f -X '!*.lua' -- "$current"; compgen -d -- "$current")
        else
            mapfile -t COMPREPLY < <(compgen -f -X '!*.lua' -- "$current"; compgen -d -- "$current")
        fi
        ;;
    esac
}
complete -o filenames -F _tcpsim tcpsim
