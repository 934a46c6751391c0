#!/bin/sh
# A picture of Wireshark with the plugin: one frame of a capture, its diagnosis opened.
#
#   scripts/screenshot.sh CAPTURE FRAME PICTURE.png
#
# Wireshark runs on a display of its own (Xvfb) with a home folder of its own; as root it runs as
# "nobody", because Wireshark loads no personal plugins for root. What is installed for everyone is left out.
# Wants: cargo, make, wireshark and its headers, xvfb, openbox, xdotool, imagemagick.
set -eu

if [ $# -ne 3 ]; then
    sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
capture=$1 frame=$2 picture=$3
root=$(dirname "$(dirname "$(realpath "$0")")")
name=$(basename "$capture")
width=1600 height=1000

cargo build --quiet --release --manifest-path "$root/Cargo.toml" --package tcpdx-plugin
make --silent -C "$root/plugin/shim"
series=$(pkg-config --modversion wireshark | cut -d. -f1,2)

home=$(mktemp -d)
pids=
finish() {
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
    done
    rm -rf "$home"
}
trap finish EXIT

plugins=$home/.local/lib/wireshark/plugins/$series/epan
mkdir -p "$plugins" "$home/.local/lib/tcpdx" "$home/.config/wireshark" "$home/run"
cp "$root/target/release/wireshark-$series/tcpdx.so" "$plugins"
cp "$root/target/release/libtcpdx.so" "$home/.local/lib/tcpdx"
cp "$capture" "$home/$name"
# No bytes at the bottom: the room is for the packet's details.
cat >"$home/.config/wireshark/recent" <<EOF
gui.byte_view_show: FALSE
gui.geometry_main_upper_pane: 280
column.width: %m, 50, %t, 110, %s, 100, %d, 100, %p, 60, %i, 560, %Cus:tcpdx.diagnosis:0:R, 380
EOF
cat >"$home/.config/wireshark/recent_common" <<EOF
gui.geometry_main_maximized: TRUE
EOF
cat >"$home/.config/wireshark/preferences" <<EOF
gui.qt.font_name: DejaVu Sans Mono,10,-1,5,50,0,0,0,0,0
gui.update.enabled: FALSE
gui.ask_unsaved: FALSE
privs.warn_if_elevated: FALSE
gui.column.format:
	"No.", "%m",
	"Time", "%t",
	"Source", "%s",
	"Destination", "%d",
	"Protocol", "%p",
	"Info", "%i",
	"Diagnosis", "%Cus:tcpdx.diagnosis:0:R"
EOF

as_user=
if [ "$(id -u)" -eq 0 ]; then
    chown -R nobody "$home"
    as_user="setpriv --reuid=nobody --regid=nogroup --clear-groups"
fi

Xvfb -displayfd 3 -screen 0 ${width}x${height}x24 -nolisten tcp 3>"$home/display" 2>/dev/null &
pids="$! $pids"
while [ ! -s "$home/display" ]; do sleep 0.1; done
DISPLAY=:$(cat "$home/display")
export DISPLAY

openbox 2>/dev/null &
pids="$! $pids"
$as_user env HOME="$home" XDG_RUNTIME_DIR="$home/run" LC_ALL=C.UTF-8 \
    WIRESHARK_PLUGIN_DIR="$home/none" WIRESHARK_EXTCAP_DIR="$home/none" \
    wireshark -n -r "$home/$name" -g "$frame" 2>/dev/null &
pids="$! $pids"

# The last line of the details is tcpdx's: End goes there (Home gives the pane a place to start from),
# and then that line and the first finding below it are opened.
if ! timeout 60 xdotool search --sync --onlyvisible --name "^$name" >/dev/null; then
    echo "$0: Wireshark did not open $capture within a minute" >&2
    exit 1
fi
window=$(xdotool search --onlyvisible --name "^$name" | head -n 1)
xdotool windowactivate --sync "$window"
sleep 3
xdotool mousemove $((width / 2)) $((height - 60)) click 1
for key in Home End Right Down Right; do
    sleep 1
    xdotool key "$key"
done
sleep 1
mkdir -p "$(dirname "$picture")"
import -window root "$picture"
