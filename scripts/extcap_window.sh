#!/usr/bin/env bash
# The teaching captures in Wireshark's real window: pictures of the start page, the options, a capture that runs with
# its toolbar, and an error; and whether a stopped, a saved and a killed capture leave what they must.
#
#   scripts/extcap_window.sh FOLDER [PROGRAM]
#
# PROGRAM is target/release/tcpdx-extcap unless given. Wireshark runs on a display of its own (Xvfb) with a home of
# its own (scripts/in-home.sh). Wants: wireshark, tshark, xvfb, openbox, xdotool, imagemagick.
set -euo pipefail

if [ $# -lt 1 ]; then
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
root=$(dirname "$(dirname "$(realpath "$0")")")
mkdir -p "$1"
folder=$(realpath "$1")
program=$(realpath "${2:-$root/target/release/tcpdx-extcap}")

home=$(mktemp -d "${TMPDIR:-/tmp}/tcpdx-window-XXXXXX")
pids=()
wireshark=
finish() {
    for pid in $wireshark "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    rm -rf "$home"
}
trap finish EXIT

fail() {
    import -window root "$folder/failed.png" 2>/dev/null || true
    echo "extcap_window: $*; see $folder/failed.png" >&2
    exit 1
}

mkdir -p "$home"/{.config/wireshark/extcap,.local/lib/wireshark/extcap,run}
chmod 700 "$home/run"
cp "$program" "$home/.config/wireshark/extcap"
cp "$program" "$home/.local/lib/wireshark/extcap"
echo 'gui.interface_toolbar_show: "TCP teaching captures"' >"$home/.config/wireshark/recent"
echo 'gui.geometry_main_maximized: TRUE' >"$home/.config/wireshark/recent_common"
cat >"$home/.config/wireshark/preferences" <<EOF
gui.qt.font_name: DejaVu Sans Mono,10,-1,5,50,0,0,0,0,0
gui.update.enabled: FALSE
gui.ask_unsaved: FALSE
EOF
. "$root/scripts/display.sh"
begin_display 1600 1000

in_home=("$root/scripts/in-home.sh" "$home")

# open ARGUMENT…: starts Wireshark.
open() {
    "${in_home[@]}" env XDG_RUNTIME_DIR="$home/run" wireshark "$@" 2>"$home/stderr" &
    wireshark=$!
}

window() {
    xdotool search --onlyvisible --name "$1" 2>/dev/null | head -n 1
}

# soon COMMAND…: until it succeeds. A machine that is busy with other work takes tens of seconds for what takes one when
# it is idle, so that it has a minute.
soon() {
    for _ in $(seq 600); do
        "$@" && return
        sleep 0.1
    done
    return 1
}

is_open() {
    [ -n "$(window "$1")" ]
}

# await TITLE: until there is a window with that title.
await() {
    soon is_open "$1" || fail "no window \"$1\""
}

picture() {
    sleep 1
    import -window root "$folder/$1.png"
    echo "extcap_window: $folder/$1.png"
}

click() {
    xdotool mousemove "$1" "$2" click 1
    sleep 0.5
}

extcaps() {
    pgrep -f "^$home/.*tcpdx-extcap --capture" || true
}

runs() {
    [ -n "$(extcaps)" ]
}

# streams: until the program runs.
streams() {
    soon runs || fail "nothing streams"
}

# gone WHY: the program has ended a second later.
gone() {
    for _ in $(seq 20); do
        runs || return 0
        sleep 0.05
    done
    fail "$1: the program goes on"
}

close() {
    kill "$wireshark"
    wait "$wireshark" 2>/dev/null || true
    wireshark=
}

# The start page, and the options behind the gear: it is left of the interface, at a place that depends on the others.
# Interfaces that come into the list meanwhile move it, so it is looked for again, each time in a new window.
options="Interface Options: TCP teaching captures"
look_for_options() {
    local y
    for y in $(seq 240 9 640); do
        click 200 "$y"
        is_open "$options" && return
        is_open "Interface Options" && xdotool key Escape && sleep 0.5
    done
    return 1
}
for wait in 3 10 30; do
    open
    await "The Wireshark Network Analyzer"
    sleep "$wait"
    picture start-page
    look_for_options && break
    close
done
await "$options"
picture options
# The scenarios of a topic, and the next tab.
in_options() {
    xdotool mousemove --window "$(window "$options")" "$1" "$2" click 1
    sleep 1
}
in_options 363 62
xdotool type "Res"
xdotool key Return
in_options 503 93
in_options 317 93
picture options-reload
xdotool key Escape
in_options 121 28
picture options-network
close

# A capture that runs, what its toolbar does, and its file.
open -k -i tcpdx -o extcap.tcpdx.scenario:keepalive/go-15s -o extcap.tcpdx.pace:real
await "Capturing from TCP teaching captures"
streams
sleep 3
# Next scenario, Lose the next packet, Pause, Resume.
for x in 1214 1428 1310 1310; do click "$x" 125; done
# Log: a button that is not there yet is not pressed.
for _ in $(seq 60); do
    click 1546 125
    is_open "tcpdx Log" && break
done
await "tcpdx Log"
picture running
# Everything at once.
for _ in $(seq 10); do for x in 1214 1428 1310; do xdotool mousemove "$x" 125 click 1; done; done
sleep 1
runs || fail "pressing everything has ended it"
xdotool windowactivate --sync "$(window "Capturing from")" key ctrl+e
gone "stopped"
sleep 1
picture stopped
xdotool key ctrl+s
await "Save Capture File"
xdotool type "$home/run/saved.pcapng"
xdotool key Return
for _ in $(seq 50); do [ -s "$home/run/saved.pcapng" ] && break; sleep 0.1; done
await "saved.pcapng"
close
saved=$home/run/saved.pcapng
comments=$("${in_home[@]}" tshark -n -r "$saved" -T fields -e frame.comment 2>/dev/null | grep -c .)
packets=$("${in_home[@]}" tshark -n -r "$saved" -T fields -e frame.number 2>/dev/null | grep -c .)
[ "$comments" = "$packets" ] || fail "$comments of $packets packets have comments in the saved file"
echo "extcap_window: $packets packets are saved, all with comments"
for name in client.example server.example; do
    grep -qa "$name" "$saved" || fail "the name $name is not in the saved file"
done
"${in_home[@]}" capinfos "$saved" >"$home/capinfos" 2>/dev/null
grep -q "Name = client" "$home/capinfos" || fail "the interface has no name in the saved file"
grep -q "Number of stat entries = 1" "$home/capinfos" || fail "there are no statistics in the saved file"

# Our own sentence, not an exit code.
open -k -i tcpdx -o extcap.tcpdx.scenario:setup/no-such
await "Capturing from TCP teaching captures"
# The message is a window without a name.
for _ in $(seq 100); do
    [ "$(xdotool search --onlyvisible --class wireshark 2>/dev/null | wc -l)" -ge 2 ] && break
    sleep 0.1
done
[ "$(xdotool search --onlyvisible --class wireshark | wc -l)" -ge 2 ] || fail "no message about a wrong choice"
picture error
gone "wrong choice"
close

# A lesson that is over before Wireshark has opened the toolbar's pipes.
open -k -i tcpdx -o extcap.tcpdx.scenario:setup/handshake-rejected
await "^.TCP teaching captures: tcpdx"
gone "over"
close

# Killed without a word.
open -k -i tcpdx -o extcap.tcpdx.scenario:keepalive/go-15s -o extcap.tcpdx.pace:real
await "Capturing from TCP teaching captures"
streams
sleep 2
# bash itself would tell of it.
disown "$wireshark"
kill -9 "$wireshark"
gone "killed"
wireshark=
echo "extcap_window: no process is left"
