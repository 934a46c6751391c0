#!/usr/bin/env bash
# Writes every case of tests/twins as captures at both ends, target/twins/CASE.client.pcapng and CASE.server.pcapng,
# and compares them with the real ones when those lie beside the project.
#
#   scripts/twins.sh       after `make build`
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf target/twins
mkdir -p target/twins
for file in tests/twins/*.toml; do
    case=$(basename "$file" .toml)
    for point in client server; do
        [ -e "tests/twins/$case.$point.txt" ] || continue
        target/release/tcpdx generate "$file" --point "$point" -o "target/twins/$case.$point.pcapng" >/dev/null
    done
done
echo "twins: $(ls target/twins | wc -l) captures in target/twins"

compare=../shared/tools/twins.py
corpus=../shared/corpus
if [ -e "$compare" ] && [ -d "$corpus" ]; then
    # Some differ; docs/fidelity.md says where and why.
    python3 "$compare" --all target/twins "$corpus" || true
fi
