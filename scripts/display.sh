# For scripts that show Wireshark's window: source it with $home, a folder of the script's own. Wants: xvfb, openbox,
# xdotool.
#
# begin_display WIDTH HEIGHT starts an X server and a window manager of its own, and adds them to the array `pids`.

begin_display() {
    : >"$home/display"
    # Without -noreset the server begins anew whenever its last client leaves, and turns away whoever comes meanwhile.
    Xvfb -displayfd 3 -noreset -screen 0 "$1x$2x24" -nolisten tcp 3>"$home/display" 2>/dev/null &
    pids+=($!)
    # Its number and the end of the line.
    until [ "$(wc -l <"$home/display")" -gt 0 ]; do sleep 0.1; done
    DISPLAY=:$(cat "$home/display")
    export DISPLAY
    # Windows are where they are expected only with a window manager, which a busy server may have turned away.
    local manager=
    for _ in $(seq 600); do
        xdotool get_desktop >/dev/null 2>&1 && return
        if [ -z "$manager" ] || ! kill -0 "$manager" 2>/dev/null; then
            openbox >/dev/null 2>&1 &
            manager=$!
            pids+=($manager)
        fi
        sleep 0.1
    done
    echo "no window manager on the display $DISPLAY" >&2
    return 1
}
