#!/usr/bin/env bash
# Installs the Debian package in a fresh system, tries all of it, and removes it again.
#
#   scripts/deb-test.sh PACKAGE.deb
#
# The system is a bare tree of the machine's own Debian (scripts/trees.sh), of which only a copy is written to.
set -euo pipefail
cd "$(dirname "$0")/.."

package=$(realpath "$1")
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
tree=$(scripts/trees.sh --bare "$suite") || {
    [ $? = 3 ] || exit 1
    echo "SKIPPED: the Debian package was not installed anywhere, see above" >&2
    exit 0
}
copy=$(mktemp -d "${TMPDIR:-/tmp}/tcpdx-deb-XXXXXX")
trap 'rm -rf "$copy"' EXIT
cp -a "$tree/." "$copy"
cp "$package" "$copy/tcpdx.deb"
capture=tests/corpus/syn-closed-port/client.pcap
cp "$capture" "$copy/capture.pcap"

in_copy() {
    scripts/in-tree.sh "$copy" env DEBIAN_FRONTEND=noninteractive "$@"
}

# Every file of the system but those in which apt and dpkg keep their books, and what users make.
files() {
    (cd "$copy" && find . \( -path ./proc -o -path ./dev -o -path ./tmp -o -path ./root -o -path ./var/lib/apt -o -path ./var/lib/dpkg \
        -o -path ./var/cache -o -path ./var/log \) -prune -o -type f -print | sort)
}

# must WHAT COMMAND…
must() {
    local what=$1
    shift
    in_copy "$@" >"$copy/said" 2>&1 || {
        cat "$copy/said" >&2
        echo "deb-test: $what" >&2
        exit 1
    }
}

must "apt-get update failed" apt-get update
must "tshark was not installed" apt-get install -y --no-install-recommends tshark man-db bash-completion
files >"$copy.before"
must "the package was not installed" apt-get install -y --no-install-recommends /tcpdx.deb
must "dpkg finds its files changed" dpkg --verify tcpdx
must "the doctor finds something wrong" tcpdx doctor
in_copy tshark -r /capture.pcap -2 -T fields -e tcpdx.diagnosis 2>/dev/null | grep -q handshake.rejected ||
    { echo "deb-test: the plugin tells nothing" >&2; exit 1; }
must "there is no profile" tshark -C "TCP diagnosis" -r /capture.pcap
must "the man page is not found" man -w tcpdx
must "the command does not analyze" sh -c 'tcpdx analyze /capture.pcap; [ $? = 1 ]'
must "the package was not removed" apt-get purge -y tcpdx
files >"$copy.after"
if ! diff "$copy.before" "$copy.after"; then
    echo "deb-test: these files were left or taken" >&2
    exit 1
fi
rm -f "$copy.before" "$copy.after"
echo "deb-test: $(basename "$package") installs, works and goes without a trace in a fresh $suite"
