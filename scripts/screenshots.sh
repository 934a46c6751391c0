#!/usr/bin/env bash
# Takes the pictures of Wireshark with the plugin that the README and the docs show.
#
#   scripts/screenshots.sh [FOLDER]        docs/images unless given; after `make build`
#
# Wireshark runs on a display of its own (Xvfb) with a home folder of its own (scripts/in-home.sh).
# Wants: wireshark and its headers, xvfb, openbox, xdotool, imagemagick, and for Chinese a font that has it.
# With $TCPDX_TREE the Wireshark is that of a tree which scripts/trees.sh made, and in which the package wireshark was
# installed since.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/display.sh
pictures=$(realpath -m "${1:-docs/images}")
in_tree=()
[ -z "${TCPDX_TREE:-}" ] || in_tree=(scripts/in-tree.sh "$TCPDX_TREE")
series=$("${in_tree[@]}" pkg-config --modversion wireshark | cut -d. -f1,2)
width=1500 height=860
home=$(mktemp -d "${TMPDIR:-/tmp}/tcpdx-pictures-XXXXXX")
mkdir -p "$pictures"
pids=()
program=

finish() {
    for pid in $program "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$home"
}
trap finish EXIT

mkdir -p "$home/.local/lib/tcpdx" "$home/run"
install -D target/release/wireshark-"$series"/tcpdx.so "$home/.local/lib/wireshark/plugins/$series/epan/tcpdx.so"
install target/release/libtcpdx.so "$home/.local/lib/tcpdx"
profile="$home/.config/wireshark/profiles/TCP diagnosis"
mkdir -p "$profile"
cp plugin/profile/* "$profile"
cat >>"$profile/preferences" <<'PREFERENCES'
gui.qt.font_name: DejaVu Sans Mono,10,-1,5,50,0,0,0,0,0
gui.update.enabled: FALSE
gui.ask_unsaved: FALSE
privs.warn_if_elevated: FALSE
PREFERENCES
echo 'gui.geometry_main_maximized: TRUE' >"$home/.config/wireshark/recent_common"

# Some connections one after the other, each with a trouble of its own.
cases=(clean-close4 syn-closed-port rst-injected-to-server slow-server third-ack-never-arrives)
files=()
for case in "${cases[@]}"; do
    point=client
    [ "$case" = rst-injected-to-server ] && point=server
    files+=("tests/corpus/$case/$point.pcap")
done
mergecap -a -F pcap -w "$home/troubles.pcap" "${files[@]}"
cp tests/corpus/third-ack-never-arrives/client.pcap "$home/third-ack.pcap"
chmod -R a+rX "$home"

begin_display $width $height

# begin LANGUAGE CAPTURE ARGUMENT…: opens a capture in Wireshark, and waits until its window is there.
begin() {
    local language=$1 capture=$2
    shift 2
    case $language in
        zh) locale=zh_CN.UTF-8 interface=zh_CN ;;
        *) locale=C.UTF-8 interface=en ;;
    esac
    echo "language: $interface" >"$home/.config/wireshark/language"
    scripts/in-home.sh "$home" env -u LC_ALL XDG_RUNTIME_DIR="$home/run" LANG=$locale LC_CTYPE=C.UTF-8 \
        wireshark -n -C "TCP diagnosis" -r "$home/$capture" "$@" 2>/dev/null &
    program=$!
    window=
    for _ in {1..180}; do
        # Windows that come and go while Wireshark starts make the search fail.
        window=$(xdotool search --onlyvisible --name "^$capture" 2>/dev/null | head -n 1) || true
        [ -z "$window" ] || break
        sleep 0.5
    done
    if [ -z "$window" ]; then
        echo "screenshots: Wireshark did not open $capture" >&2
        exit 1
    fi
    sleep 3
    xdotool windowactivate --sync "$window"
    sleep 3
}

keys() {
    for key in "$@"; do
        xdotool key "$key"
        sleep 1
    done
}

# take NAME: a picture of all that is shown, in few colours; then Wireshark ends.
take() {
    sleep 2
    import -window root "$home/picture.png"
    convert "$home/picture.png" -strip +dither -colors 48 "PNG8:$pictures/$1.png"
    kill "$program" 2>/dev/null || true
    wait "$program" 2>/dev/null || true
    program=
    echo "$pictures/$1.png"
}

# The details of the selected packet: its last line is tcpdx's. It is opened, and the finding in it.
open_diagnosis() {
    xdotool mousemove $((width / 2)) $((height - 80)) click 1
    keys Home End Right Down Right Down
}

for language in en zh; do
    suffix=
    [ $language = zh ] && suffix=-zh
    begin $language troubles.pcap -g 38
    take list$suffix
    begin $language third-ack.pcap -g 3
    open_diagnosis
    take diagnosis$suffix
    begin $language troubles.pcap
    # The last entry of the menu Analyze.
    keys alt+a Up Return
    sleep 4
    take expert$suffix
    begin $language troubles.pcap
    # The last entry of the menu Statistics.
    keys alt+s Up Return
    sleep 4
    take statistics$suffix
    begin $language troubles.pcap
    keys ctrl+slash
    xdotool type --delay 80 'tcpdx.handshake.s'
    take completion$suffix
    begin $language troubles.pcap
    keys ctrl+shift+p
    sleep 3
    # Protocols, and in it tcpdx.
    keys p Right
    xdotool type --delay 60 'tcp d'
    take preferences$suffix
done
