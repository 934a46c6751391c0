#!/usr/bin/env bash
# Builds the plugin for the Wireshark of later Debians, and runs the tests with Wireshark in each.
#
#   scripts/versions.sh [SUITE…]
#
# Where the trees cannot be made (see scripts/trees.sh), says so and leaves their tests out.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo=$(command -v cargo || echo "${CARGO_HOME:-$HOME/.cargo}/bin/cargo")
# The tests that run a program of Wireshark's.
tests=(
    -p tcpdx-extcap --test extcap_tshark
    -p tcpdx-tests --test plugin --test statistics --test preferences --test profile --test sessions --test ways
    --test corpus --test scenarios
)
if "$cargo" nextest --version >/dev/null 2>&1; then
    run=("$cargo" nextest run --locked)
else
    run=("$cargo" test --locked)
fi

[ $# -gt 0 ] || set -- trixie forky
status=0
for suite; do
    tree=$(scripts/trees.sh "$suite") || {
        [ $? = 3 ] || exit 1
        echo "SKIPPED: the tests in $suite's Wireshark, see above" >&2
        continue
    }
    version=$(scripts/in-tree.sh "$tree" pkg-config --modversion wireshark)
    echo "== Wireshark $version ($suite)"
    TCPDX_TREE=$tree "${run[@]}" "${tests[@]}" || status=1
done
exit $status
