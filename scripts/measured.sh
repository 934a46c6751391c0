#!/bin/sh
# Writes what a measured capture holds, as tests/twins/CASE.POINT.txt has it:
#   scripts/measured.sh CORPUS CASE...
set -eu
cd "$(dirname "$0")/.."
corpus=$1
shift
for case in "$@"; do
    for point in client server; do
        {
            echo "# Measured on Linux 6.18: connection, direction, flags, seq, ack, length, kinds of options, TTL, seconds since the"
            echo "# packet before it."
            tshark -n -r "$corpus/$case/$point.pcap" -Y "tcp and not icmp and not icmpv6" -T fields -E separator=/t \
                -e tcp.stream -e frame.time_epoch -e ip.src -e ipv6.src -e tcp.srcport -e tcp.flags.str -e tcp.seq \
                -e tcp.ack -e tcp.len -e tcp.option_kind -e ip.ttl -e ipv6.hlim 2>/dev/null | awk -F '\t' '
                {
                    source = $3 $4 ":" $5
                    if (!($1 in opener)) { opener[$1] = source; last[$1] = $2 }
                    side = source == opener[$1] ? ">" : "<"
                    flags = ""
                    if ($6 ~ /S/) flags = flags "S"
                    if ($6 ~ /F/) flags = flags "F"
                    if ($6 ~ /R/) flags = flags "R"
                    if ($6 ~ /A/) flags = flags "."
                    if ($6 ~ /U/) flags = flags "U"
                    if ($6 ~ /E/) flags = flags "E"
                    if ($6 ~ /C/) flags = flags "C"
                    printf "%s %s %s %s %s %s %s %s %.6f\n", $1, side, flags, $7, ($6 ~ /A/ ? $8 : "-"), $9, \
                        ($10 == "" ? "-" : $10), $11 $12, $2 - last[$1]
                    last[$1] = $2
                }' | sort -s -n -k1,1
        } > "tests/twins/$case.$point.txt"
    done
done
