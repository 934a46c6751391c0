#!/usr/bin/env bash
# Judges the command and the plugin by captures whose faults are known, when those lie beside the project.
#
#   scripts/judge.sh       after `make`
#
# The plugin is installed into a home of its own (scripts/in-home.sh), so that nothing of the machine is touched, and
# what is installed there already is not judged.
set -euo pipefail
cd "$(dirname "$0")/.."

judge=../shared/tools/judge.py
corpus=../shared/corpus
if ! [ -e "$judge" ] || ! [ -d "$corpus" ]; then
    echo "judge: no corpus beside the project, nothing to judge"
    exit 0
fi

# judge VIA ARGUMENT…: passes when the judge has nothing to say but what tests/disputed.txt answers.
judge() {
    local said rest
    echo "== judge.py --via $1"
    said=$(python3 "$judge" --via "$@" | tr -s ' ') || true
    rest=$(grep -vxFf <(grep -v '^#' tests/disputed.txt | grep .) <<<"$said" || true)
    printf '%s\n' "$rest"
    if [ "$(wc -l <<<"$rest")" != 1 ] || ! grep -q '^judge: told [0-9]' <<<"$rest"; then
        echo "judge: not what must be told; see above" >&2
        exit 1
    fi
}

judge cli --cli target/release/tcpdx "$corpus"

home=$(mktemp -d "${TMPDIR:-/tmp}/tcpdx-judge-XXXXXX")
trap 'rm -rf "$home"' EXIT
mkdir "$home/build"
cp -r target/release/{tcpdx,tcpdx-extcap,libtcpdx.so} target/release/wireshark-* "$home/build"
cp -r "$corpus" "$home/corpus"
chmod -R u+w "$home/corpus"
scripts/in-home.sh "$home" build/tcpdx install

judge tshark --tshark "scripts/in-home.sh $home tshark" "$home/corpus"
