#!/bin/sh
# Changes the rules, one comparison or call at a time, and says how many of the changes no test notices.
#
#   scripts/mutants.sh [SHARD]
#
# SHARD is the part of all changes that is tried: 0/10, unless given, for the first tenth, 3/10 for the fourth. Those that
# were not noticed are in target/mutants.out/missed.txt. Fails where they are more than one in twenty.
set -eu

shard=${1:-0/10}
if ! cargo mutants --version >/dev/null 2>&1; then
    echo "missing: cargo-mutants; cargo install --locked cargo-mutants" >&2
    exit 2
fi

# 2: some were missed; 3: some took too long, which is noticed, too.
status=0
INSTA_UPDATE=no cargo mutants --package tcpdx-engine --shard "$shard" || status=$?
case $status in
    0 | 2 | 3) ;;
    *) exit "$status" ;;
esac

count() {
    wc -l <"target/mutants.out/$1.txt"
}
missed=$(count missed)
tried=$((missed + $(count caught) + $(count timeout)))
echo "$missed of $tried changes were not noticed: $((100 * missed / tried)) %"
[ $((20 * missed)) -le "$tried" ]
