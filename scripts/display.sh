# For scripts that show Wireshark's window: source it with $home, a folder of the script's own.
#
# begin_display WIDTH HEIGHT starts an X server and a window manager of its own, and adds them to the array `pids`.

begin_display() {
    Xvfb -displayfd 3 -screen 0 "$1x$2x24" -nolisten tcp 3>"$home/display" 2>/dev/null &
    pids+=($!)
    while [ ! -s "$home/display" ]; do sleep 0.1; done
    DISPLAY=:$(cat "$home/display")
    export DISPLAY
    openbox 2>/dev/null &
    pids+=($!)
}
