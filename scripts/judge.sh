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
shared=../shared
if ! [ -e "$judge" ] || ! [ -d "$shared/corpus" ]; then
    echo "judge: no corpus beside the project, nothing to judge"
    exit 0
fi

# judge IN VIA ARGUMENT…: passes when the judge has nothing to say of the captures in the folder IN but what
# tests/disputed.txt answers and tests/awaited.txt owns up to.
judge() {
    local in=$1 folder said rest
    shift
    for folder in corpus corpus2 field/en field/zh field/files; do
        [ -d "$in/$folder" ] || continue
        echo "== judge.py --via $1, $folder"
        said=$(python3 "$judge" --via "$@" "$in/$folder" | tr -s ' ') || true
        rest=$(grep -vxFf <(cat tests/disputed.txt tests/awaited.txt | grep -v '^#' | grep .) <<<"$said" || true)
        printf '%s\n' "$rest"
        if [ "$(wc -l <<<"$rest")" != 1 ] || ! grep -q '^judge: told [0-9]' <<<"$rest"; then
            echo "judge: not what must be told; see above" >&2
            exit 1
        fi
    done
}

judge "$shared" cli --causes --cli target/release/tcpdx

home=$(mktemp -d "${TMPDIR:-/tmp}/tcpdx-judge-XXXXXX")
trap 'rm -rf "$home"' EXIT
mkdir "$home/build"
cp -r target/release/{tcpdx,tcpdx-extcap,libtcpdx.so} target/release/wireshark-* "$home/build"
for folder in corpus corpus2 field; do
    [ ! -d "$shared/$folder" ] || cp -r "$shared/$folder" "$home/$folder"
    [ ! -d "$home/$folder" ] || chmod -R u+w "$home/$folder"
done
scripts/in-home.sh "$home" build/tcpdx install

judge "$home" tshark --causes --tshark "scripts/in-home.sh $home tshark"
