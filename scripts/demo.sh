#!/usr/bin/env bash
# Shows what tcpdx does: a connection that fails, live from the simulator through Wireshark's own capture
# path, and one from the field; each packet with its diagnoses, and the story.
#
#   scripts/demo.sh        after `make` and `tcpdx install`
#
# Succeeds only when the diagnosis stands where it belongs: on the third ACK's own frame.
set -euo pipefail
cd "$(dirname "$0")/.."

scenario=setup/third-ack-never-arrives
folder=target/demo
capture=$folder/third-ack-never-arrives.pcapng
field=../shared/corpus/curl-head-reset/client.pcap
[ -e "$field" ] || field=tests/corpus/curl-head-reset/client.pcap

# tshark without its remark that root is dangerous, and the empty one when a capture ends.
quiet_tshark() {
    tshark -n "$@" 2> >(grep -vE '^(Running as user|tshark: $)' >&2)
}

# The packets of a capture, each with the filters of its diagnoses, and the story at the end.
show() {
    quiet_tshark -2 -r "$1" -T fields -E separator='|' -E aggregator=' ' \
        -e frame.number -e frame.time_relative -e _ws.col.Info -e tcpdx.diagnosis |
        awk -F'|' '{
            printf "%4d  %10.6f  %s\n", $1, $2, $3
            count = split($4, ids, " ")
            for (i = 1; i <= count; i++) printf "%18s-> tcpdx.%s\n", "", ids[i]
        }'
    echo
    echo "Story: $(quiet_tshark -2 -r "$1" -T fields -e tcpdx.story | grep -v '^$' | tail -n 1)"
    echo
}

# Numbers of the frames that a filter picks.
frames() {
    quiet_tshark -2 -r "$1" -Y "$2" -T fields -e frame.number
}

mkdir -p "$folder"
echo "== Live: tshark -i tcpdx -o extcap.tcpdx.scenario:$scenario"
quiet_tshark -i tcpdx -o "extcap.tcpdx.scenario:$scenario" -w "$capture" -Q
echo
show "$capture"

echo "== From the field: $field"
echo
show "$field"

third_ack=$(frames "$capture" 'tcp.flags == 0x010 && tcp.seq == 1 && tcp.ack == 1 && tcp.len == 0' | head -n 1)
told=$(frames "$capture" 'tcpdx.handshake.third_ack_lost')
if [ -z "$third_ack" ] || [ "$told" != "$third_ack" ]; then
    echo "demo: tcpdx.handshake.third_ack_lost is told on frame ${told:-none}, the third ACK is frame ${third_ack:-none}" >&2
    exit 1
fi
echo "tcpdx.handshake.third_ack_lost is on frame $third_ack, the third ACK's own frame."
