#!/bin/sh
# Runs a command in a tree that scripts/trees.sh made; only for root.
#
#   scripts/in-tree.sh TREE COMMAND…
#
# The command sees this project and /tmp at their own places, and the folder it was called in. With $TCPDX_USER
# it runs as the user and group of that number. What is mounted for it is gone when it ends.
set -eu

if [ "${TCPDX_IN_TREE:-}" != yes ]; then
    TCPDX_IN_TREE=yes exec unshare --mount --propagation private "$0" "$@"
fi
unset TCPDX_IN_TREE

tree=$1
shift
here=$PWD
project=$(dirname "$(dirname "$(realpath "$0")")")

mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
for folder in /tmp "$project"; do
    mkdir -p "$tree$folder"
    mount --bind "$folder" "$tree$folder"
done

user=${TCPDX_USER:-0}
[ -d "$tree$here" ] || here=/
exec chroot "$tree" /usr/bin/env -C "$here" setpriv --reuid="$user" --regid="$user" --clear-groups "$@"
