#!/bin/sh
# Writes the twins of measured captures to target/twins, and compares them with the real ones where those are at hand:
#   scripts/twins.sh [CORPUS [CASE...]]
# Without names, all of tests/twins. CORPUS is a folder of CASE/client.pcap and CASE/server.pcap, beside it
# tools/twins.py, which compares.
set -eu
cd "$(dirname "$0")/.."
corpus=${1:-}
[ $# -eq 0 ] || shift
tcpdx=target/release/tcpdx
[ -x "$tcpdx" ] && [ -z "${DEBUG:-}" ] || tcpdx=target/debug/tcpdx
rm -rf target/twins
mkdir -p target/twins
[ $# -gt 0 ] || set -- $(ls tests/twins | sed -n 's/\.toml$//p')
for case in "$@"; do
    for point in client server; do
        "$tcpdx" generate "tests/twins/$case.toml" --no-comments --point "$point" -o "target/twins/$case.$point.pcapng" >/dev/null
    done
done
[ -d "$corpus" ] || exit 0
python3 "$corpus/../tools/twins.py" --verbose --all target/twins "$corpus"
