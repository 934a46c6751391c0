#!/bin/sh
# Makes sure that the machine has what a task needs.
#
#   scripts/need.sh build|demo|docs|lint|screenshots|test
#
# What is missing is installed with apt-get, as root or through sudo. Where neither can be had, the
# packages are named and the script stops with status 2.
set -eu

tasks="build, demo, docs, lint, screenshots or test"
task=${1:?task: $tasks}
missing=""

# need PACKAGE COMMAND…: the package is needed unless the command succeeds.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

has() {
    command -v "$1"
}

# Not libclang-cpp, which comes with other packages and is another library.
has_libclang() {
    ls /usr/lib/llvm-*/lib /usr/lib/*-linux-* /usr/lib /usr/lib64 2>/dev/null |
        grep -E '^libclang(-[0-9][0-9.]*)?\.so(\.|$)'
}

has_glib_headers() {
    pkg-config --exists glib-2.0 gmodule-2.0
}

has_wireshark_headers() {
    pkg-config --exists wireshark
}

need gcc has cc
need libc6-dev sh -c 'echo "#include <stdint.h>" | cc -E -'
need pkg-config has pkg-config
# Wireshark's headers include GLib's, and Debian only recommends these beside them.
need libglib2.0-dev has_glib_headers
need libwireshark-dev has_wireshark_headers
case $task in
    build) ;;
    demo)
        need tshark has tshark
        ;;
    docs | lint)
        need libclang-dev has_libclang
        ;;
    screenshots)
        need wireshark has wireshark
        need tshark has tshark
        need xvfb has Xvfb
        need openbox has openbox
        need xdotool has xdotool
        need imagemagick has import
        need fonts-droid-fallback sh -c 'fc-list :lang=zh | grep .'
        ;;
    test)
        need tshark has tshark
        need g++ has c++
        need libclang-dev has_libclang
        need python3 has python3
        need util-linux has setpriv
        need wireshark has wireshark
        need xvfb has Xvfb
        need openbox has openbox
        need xdotool has xdotool
        need imagemagick has import
        ;;
    *)
        echo "$0: no task $task; use $tasks" >&2
        exit 2
        ;;
esac

if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 # package names are words
    set -- $missing
    if ! has apt-get >/dev/null; then
        echo "missing: $*" >&2
        echo "These are Debian's names; install what they are called here, then run this again." >&2
        exit 2
    fi
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif has sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root=sudo
    else
        echo "missing: $*" >&2
        echo "Ask an administrator to run: apt-get install $*" >&2
        exit 2
    fi
    install() {
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
    }
    echo "installing: $*"
    # The package lists may be missing or old; fetching them takes long, so only then.
    install "$@" || { $as_root apt-get update && install "$@"; }
fi

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
if ! has cargo >/dev/null; then
    echo "missing: Rust (cargo); see https://rustup.rs" >&2
    exit 2
fi
if [ "$task" = lint ] && ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
    rustup component add rustfmt clippy || {
        echo "missing: rustfmt and clippy" >&2
        exit 2
    }
fi
