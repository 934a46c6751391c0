#!/usr/bin/env bash
# Measures scapy, in an environment of its own under target/, made when it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

env=target/scapy
if ! [ -x "$env/bin/python" ]; then
    python3 -m venv "$env" && "$env/bin/pip" install --quiet "scapy==2.6.*" || {
        rm -rf "$env"
        echo "scapy: not measured: it could not be installed (Debian: apt-get install python3-venv)"
        exit 0
    }
fi
"$env/bin/python" scripts/scapy_rate.py target/scapy.pcapng
rm -f target/scapy.pcapng
