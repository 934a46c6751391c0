#!/bin/sh
# Runs a program of Wireshark's with a home folder of its own, so that of tcpdx it finds what was put there and nothing
# else: not what is installed for everyone or for you, perhaps of another age.
#
#   scripts/in-home.sh HOME COMMAND…
#
# For root, Wireshark loads no personal plugins, and always what is installed for everyone; so as root the command runs
# as "nobody", who becomes the owner of the folder at the first time, and need not be able to read this project. The
# command is called in that folder. With $TCPDX_TREE it is one of a tree that scripts/trees.sh made.
set -eu

in_tree=$(dirname "$(realpath "$0")")/in-tree.sh
cd "$1"
shift

unset XDG_CONFIG_HOME XDG_DATA_HOME WIRESHARK_CONFIG_DIR
# An empty folder stands for those with what is everyone's. It must be there: else Wireshark 4.0 looks for no extcaps.
mkdir -p none
export HOME="$PWD" LC_ALL=C.UTF-8 WIRESHARK_PLUGIN_DIR="$PWD/none" WIRESHARK_EXTCAP_DIR="$PWD/none"

user=$(id -u)
if [ "$user" = 0 ]; then
    user=65534
    [ "$(stat -c %u .)" = $user ] || chown -R $user:$user .
fi
if [ -n "${TCPDX_TREE:-}" ]; then
    TCPDX_USER=$user exec "$in_tree" "$TCPDX_TREE" "$@"
elif [ "$user" = "$(id -u)" ]; then
    exec "$@"
else
    exec setpriv --reuid=$user --regid=$user --clear-groups "$@"
fi
