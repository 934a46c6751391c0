#!/usr/bin/env bash
# Runs tshark with the plugin under valgrind, and fails when anything that valgrind reports has the plugin or its
# library in its stack: memory that is lost, read before it is written, or not ours.
#
#   scripts/memcheck.sh [CAPTURE…]        some of tests/corpus unless given; after `make build`
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v valgrind >/dev/null; then
    echo "memcheck: valgrind is not installed (Debian: apt-get install valgrind)" >&2
    exit 2
fi
[ $# -gt 0 ] || set -- tests/corpus/{curl-head-reset,rst-injected-to-server,keepalive-timeout,reject-icmp-port-unreachable}/client.pcap
series=$(pkg-config --modversion wireshark | cut -d. -f1,2)
home=$(mktemp -d "${TMPDIR:-/tmp}/tcpdx-memcheck-XXXXXX")
trap 'rm -rf "$home"' EXIT
install -D target/release/wireshark-"$series"/tcpdx.so "$home/.local/lib/wireshark/plugins/$series/epan/tcpdx.so"
install -D target/release/libtcpdx.so "$home/.local/lib/tcpdx/libtcpdx.so"
mergecap -a -F pcap -w "$home/capture.pcap" "$@"
chmod -R a+rX "$home"
as_user=()
if [ "$(id -u)" = 0 ]; then
    chown -R nobody "$home"
    as_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi

"${as_user[@]}" env HOME="$home" LC_ALL=C.UTF-8 WIRESHARK_PLUGIN_DIR="$home/none" WIRESHARK_EXTCAP_DIR="$home/none" \
    G_SLICE=always-malloc WIRESHARK_DEBUG_WMEM_OVERRIDE=simple \
    valgrind --leak-check=full --show-leak-kinds=definite,indirect --num-callers=30 --log-file="$home/report" \
    tshark -n -2 -r "$home/capture.pcap" -V -z tcpdx,tree -z tcpdx,conv >"$home/shown"
grep -q 'TCP diagnosis' "$home/shown" || { echo "memcheck: the plugin was not loaded" >&2; exit 1; }
# Reports are paragraphs, between lines that hold a process number alone. Safe Rust cannot read what was never written;
# its compiler, though, may test the content of an Option together with whether there is one.
ours=$(sed 's/^==[0-9]*== \?//' "$home/report" | awk '
    BEGIN { RS = ""; ORS = "\n\n" }
    /^Conditional jump or move depends on uninitialised[^\n]*\n *at [^\n]*\.rs:[0-9]+\)/ { next }
    /tcpdx/ && /(at|by) 0x/')
if [ -n "$ours" ]; then
    printf '%s\n' "$ours"
    echo "memcheck: valgrind reports the above of tcpdx" >&2
    exit 1
fi
echo "memcheck: nothing of tcpdx in what valgrind reports"
