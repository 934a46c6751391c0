#!/usr/bin/env bash
# Runs tshark with the plugin under valgrind, and once more with plugin and library built for AddressSanitizer; fails
# when anything that they report has the plugin or its library in its stack: memory that is lost, read before it is
# written, freed, or not ours.
#
#   scripts/memcheck.sh [CAPTURE…]        some of tests/corpus unless given; after `make build`
#
# Behind these captures comes one with so many packets that the library's thread has work. Rust's own runtime of
# AddressSanitizer is for programs, so that of the C compiler serves both. With $TCPDX_TREE the Wireshark is that of a
# tree which scripts/trees.sh made, and in which valgrind was installed since.
set -euo pipefail
cd "$(dirname "$0")/.."

in_tree=()
[ -z "${TCPDX_TREE:-}" ] || in_tree=(scripts/in-tree.sh "$TCPDX_TREE")

if ! "${in_tree[@]}" valgrind --version >/dev/null 2>&1; then
    echo "memcheck: valgrind is not installed (Debian: apt-get install valgrind)" >&2
    exit 2
fi
[ $# -gt 0 ] || set -- tests/corpus/{curl-head-reset,rst-injected-to-server,keepalive-timeout,reject-icmp-port-unreachable}/client.pcap
series=$("${in_tree[@]}" pkg-config --modversion wireshark | cut -d. -f1,2)
home=$(mktemp -d "${TMPDIR:-/tmp}/tcpdx-memcheck-XXXXXX")
trap 'rm -rf "$home"' EXIT

cat >"$home/mix.toml" <<'EOF'
rate = 1000
share = [
    { scenario = "setup/clean-http", weight = 8 },
    { scenario = "setup/handshake-rejected", weight = 1 },
    { scenario = "reset/forged-to-server", weight = 1 },
]
EOF
target/release/tcpdx generate --mix "$home/mix.toml" --connections 1000 -o "$home/many.pcapng" >/dev/null
mergecap -a -w "$home/capture.pcapng" "$@" "$home/many.pcapng"

# show FOLDER COMMAND…: runs tshark by that command, with the plugin and the library of that folder of builds.
show() {
    install -D "$1/wireshark-$series/tcpdx.so" "$home/.local/lib/wireshark/plugins/$series/epan/tcpdx.so"
    install -D "$1/libtcpdx.so" "$home/.local/lib/tcpdx/libtcpdx.so"
    shift
    chmod -R a+rX "$home"
    # Memory as the system's allocator gives it, so that both see its bounds.
    scripts/in-home.sh "$home" env G_SLICE=always-malloc WIRESHARK_DEBUG_WMEM_OVERRIDE=simple "$@" \
        tshark -n -2 -r "$home/capture.pcapng" -V -z tcpdx,tree -z tcpdx,conv >"$home/shown" 2>"$home/said" ||
        { cat "$home/said" >&2; exit 1; }
}

# none_of_ours TOOL: fails when a paragraph of what is read has a line of a stack in the plugin or its library.
none_of_ours() {
    local ours
    ours=$(awk 'BEGIN { RS = ""; ORS = "\n\n" }
        /\n[^\n]*((at|by) 0x|#[0-9]+ 0x)[^\n]*(tcpdx|plugin\/shim\/|plugin\/src\/|engine\/src\/)/')
    if [ -n "$ours" ]; then
        printf '%s\n' "$ours"
        echo "memcheck: $1 reports the above of tcpdx" >&2
        exit 1
    fi
    grep -q 'TCP diagnosis' "$home/shown" || { echo "memcheck: the plugin was not loaded" >&2; exit 1; }
    echo "memcheck: nothing of tcpdx in what $1 reports"
}

# A library that is unloaded has no names any more, and what it holds until the end of the program counts as lost.
echo 'int dlclose(void *library) { (void)library; return 0; }' | "${in_tree[@]}" cc -shared -fPIC -o "$home/keep.so" -x c -

show target/release LD_PRELOAD="$home/keep.so" valgrind --leak-check=full --show-leak-kinds=definite,indirect \
    --num-callers=30 --fullpath-after= --log-file="$home/valgrind"
# Reports are paragraphs, between lines that hold a process number alone. Safe Rust cannot read what was never written;
# its compiler, though, may test the content of an Option together with whether there is one.
sed 's/^==[0-9]*== \?//' "$home/valgrind" | awk '
    BEGIN { RS = ""; ORS = "\n\n" }
    !/^Conditional jump or move depends on uninitialised[^\n]*\n *at [^\n]*\.rs:[0-9]+\)/' | none_of_ours valgrind

host=$(rustc -vV | sed -n 's/^host: //p')
builds=$PWD/target/asan/$host/debug
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=target/asan \
    cargo build --quiet --locked --target "$host" --package tcpdx-plugin
CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address' LDFLAGS=-fsanitize=address \
    "${in_tree[@]}" make --silent -C plugin/shim OUT="$builds" LIB="$builds"
show "$builds" LD_PRELOAD="$("${in_tree[@]}" cc -print-file-name=libasan.so) $home/keep.so" \
    ASAN_OPTIONS="log_path=$home/asan:exitcode=0:fast_unwind_on_malloc=0:detect_stack_use_after_return=1"
# Without any report there is no file.
cat /dev/null $(ls "$home"/asan.* 2>/dev/null) | none_of_ours AddressSanitizer
