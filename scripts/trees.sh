#!/usr/bin/env bash
# Makes a folder with another Debian and its Wireshark for each further version that the plugin is for:
# trixie (Wireshark 4.4) and forky (4.6). What is there already stays.
#
#   scripts/trees.sh [SUITE…]
#   scripts/trees.sh --bare SUITE      a tree with nothing but the essential packages
#
# Prints the folder of each tree that is there, one a line; what it does is said on stderr. The folders lie
# under $TCPDX_TREES, or under target/trees. Root is needed, debootstrap, and a Debian mirror: that of the
# machine's own apt sources. Stops with status 3 when one of these cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."

trees=${TCPDX_TREES:-$PWD/target/trees}
# Wireshark's programs and headers, and what builds the plugin.
packages=(tshark wireshark-dev libwireshark-dev gcc libc6-dev make pkgconf)

cannot() {
    echo "trees: $*" >&2
    exit 3
}

# The mirror of the machine's own sources, without what they add to a suite's name.
mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1
}

# in_tree TREE COMMAND…: runs it there, with the file systems that package scripts expect.
in_tree() {
    scripts/in-tree.sh "$@"
}

# fill_tree TREE: installs the packages.
fill_tree() {
    in_tree "$1" apt-get update &&
        in_tree "$1" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}" &&
        in_tree "$1" apt-get clean &&
        rm -rf "$1"/var/lib/apt/lists/*
}

# make_tree SUITE NAME: makes it beside its place, and moves it there when it is complete.
make_tree() {
    local suite=$1 tree=$trees/$2 new=$trees/$2.new script=()
    [ "$(id -u)" = 0 ] || cannot "$suite: only root can make it"
    if ! command -v debootstrap >/dev/null; then
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap >&2 ||
            { apt-get update >&2 && apt-get install -y --no-install-recommends debootstrap >&2; } ||
            cannot "$suite: debootstrap is not installed"
    fi
    local from
    from=$(mirror) && [ -n "$from" ] || cannot "$suite: apt knows no mirror of Debian"
    # A debootstrap that is older than the suite has no script for it; all since are the same.
    [ -e "/usr/share/debootstrap/scripts/$suite" ] || script=(/usr/share/debootstrap/scripts/sid)

    echo "trees: making $suite, which takes some minutes" >&2
    rm -rf "$new"
    mkdir -p "$trees"
    debootstrap --variant=minbase "$suite" "$new" "$from" "${script[@]}" >"$trees/$suite.log" 2>&1 ||
        cannot "$suite: debootstrap failed, see $trees/$suite.log"
    # A mirror that is a snapshot has releases that have expired.
    echo 'Acquire::Check-Valid-Until "false";' >"$new/etc/apt/apt.conf.d/99snapshot"
    [ -n "$bare" ] || fill_tree "$new" >>"$trees/$suite.log" 2>&1 ||
        cannot "$suite: packages were not installed, see $trees/$suite.log"
    mv "$new" "$tree"
}

bare=
if [ "${1:-}" = --bare ]; then
    bare=-bare
    shift
fi
[ $# -gt 0 ] || set -- trixie forky
for suite; do
    [ -d "$trees/$suite$bare" ] || make_tree "$suite" "$suite$bare"
    echo "$trees/$suite$bare"
done
