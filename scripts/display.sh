# For scripts that show Wireshark's window: source it with $home, the home folder of Wireshark, complete.
#
# begin_display WIDTH HEIGHT starts an X server and a window manager of its own, and adds them to the array `pids`. The
# array `as_user` then holds what runs a program as the owner of $home: as root that is "nobody", because Wireshark
# loads no personal plugins for root.
#
# With $TCPDX_TREE the Wireshark is that of a tree which scripts/trees.sh made, and in which the package wireshark was
# installed since; the array `in_tree` holds what runs a program there.

in_tree=()
[ -z "${TCPDX_TREE:-}" ] || in_tree=(scripts/in-tree.sh "$TCPDX_TREE")

begin_display() {
    as_user=()
    if [ "$(id -u)" = 0 ]; then
        chown -R nobody "$home"
        as_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
        # Only root can enter a tree, so that the user is changed inside.
        [ ${#in_tree[@]} = 0 ] || as_user=(env TCPDX_USER="$(id -u nobody)" "${in_tree[@]}")
    fi

    Xvfb -displayfd 3 -screen 0 "$1x$2x24" -nolisten tcp 3>"$home/display" 2>/dev/null &
    pids+=($!)
    while [ ! -s "$home/display" ]; do sleep 0.1; done
    DISPLAY=:$(cat "$home/display")
    export DISPLAY
    openbox 2>/dev/null &
    pids+=($!)
}
