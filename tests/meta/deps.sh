# tools/deps.sh: nothing to do where all is there; elsewhere the right words for each system.
. tools/tap.sh

check "all dependencies are here" tools/deps.sh --dry-run
equal "and then it says no more than that" "$(tools/deps.sh --dry-run)" "all dependencies present"
check_status 2 "an unknown option" tools/deps.sh --everything

# A machine that has a shell, a package manager and nothing to build with.
bare() { # package-manager [user-id [command...]]
    manager=$1 user=${2-0}
    rm -rf "${scratch:?}/bin"
    mkdir "$scratch/bin"
    for tool in sh sed awk dirname tr mktemp rm cat env; do
        ln -s "$(command -v $tool)" "$scratch/bin/$tool"
    done
    printf '#!/bin/sh\necho %s\n' "$user" >"$scratch/bin/id"
    printf '#!/bin/sh\necho "$0 runs" >&2; exit 1\n' >"$scratch/bin/$manager"
    chmod +x "$scratch/bin/id" "$scratch/bin/$manager"
}
deps() {
    PATH=$scratch/bin tools/deps.sh "$@"
}
installs() { # package-manager
    bare "$1"
    deps --dry-run 2>&1 | sed -n '$s/^+ //p'
}

equal "apt" "$(installs apt-get)" "env DEBIAN_FRONTEND=noninteractive apt-get install -y \
--no-install-recommends gcc libc6-dev make pkg-config liblua5.4-dev libcmocka-dev"
equal "dnf" "$(installs dnf)" \
    "dnf install -y gcc glibc-devel make pkgconf-pkg-config lua-devel libcmocka-devel"
equal "pacman" "$(installs pacman)" "pacman -Sy --needed --noconfirm gcc make pkgconf lua cmocka"
equal "apk" "$(installs apk)" "apk add gcc musl-dev make pkgconf lua5.4-dev cmocka-dev"
equal "brew" "$(installs brew)" "brew install gcc make pkgconf lua@5.4 cmocka"

bare apt-get 1000
check_status 1 "neither root nor sudo" deps
equal "says what root should run" "$(deps 2>&1 | tail -n 1 | cut -c 1-45)" \
    "  env DEBIAN_FRONTEND=noninteractive apt-get "

bare apt-get 1000
printf '#!/bin/sh\necho "sudo: $*"\n' >"$scratch/bin/sudo"
chmod +x "$scratch/bin/sudo"
equal "sudo is used, and said" "$(deps 2>/dev/null | sed -n 's/^+ \(sudo .*\) -q$/\1/p')" \
    "sudo apt-get update"
check_status 1 "an install that did not help is a failure" deps

bare unknown
check_status 1 "no package manager that we know" deps

finish
