#!/usr/bin/env bash
# Builds a Debian package for the machine's Wireshark: target/tcpdx_VERSION_ARCHITECTURE.deb.
#
#   scripts/deb.sh       after `make build man`
set -euo pipefail
cd "$(dirname "$0")/.."

release=target/release
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
architecture=$(dpkg --print-architecture)
series=$(pkg-config --modversion wireshark | cut -d. -f1,2)
package=target/tcpdx_${version}_$architecture.deb
stage=target/deb
rm -rf "$stage"

# folder NAME: one of the folders that this Wireshark looks into, as it would for anybody.
folder() {
    tshark -G folders 2>/dev/null | sed -n "s/^\($1\):[[:space:]]*//p" | head -n 1
}

# put MODE FILE PATH: puts a file into the package.
put() {
    install -D -m "$1" "$2" "$stage/$3"
}

# compressed FILE PATH: the same, compressed as Debian wants it.
compressed() {
    mkdir -p "$stage/$(dirname "$2")"
    gzip -9n <"$1" >"$stage/$2"
    chmod 644 "$stage/$2"
}

plugins=$(folder "Global Plugins")
extcaps=$(folder 'Global Extcap path\|Extcap path')
configuration=$(folder "Global configuration")

put 755 "$release/tcpdx" usr/bin/tcpdx
put 644 "$release/wireshark-$series/tcpdx.so" "$plugins/epan/tcpdx.so"
# The plugin looks for it there, relative to its own place.
put 644 "$release/libtcpdx.so" "$(realpath -m "$plugins/../../../tcpdx/libtcpdx.so")"
put 755 "$release/tcpdx-extcap" "$extcaps/tcpdx-extcap"
for file in plugin/profile/*; do
    put 644 "$file" "$configuration/profiles/TCP diagnosis/$(basename "$file")"
done
for page in target/man/*.1; do
    compressed "$page" "usr/share/man/man1/$(basename "$page").gz"
done
put 644 target/completions/tcpdx.bash usr/share/bash-completion/completions/tcpdx
put 644 target/completions/tcpdx.zsh usr/share/zsh/vendor-completions/_tcpdx
put 644 target/completions/tcpdx.fish usr/share/fish/vendor_completions.d/tcpdx.fish
put 644 README.md usr/share/doc/tcpdx/README.md
{
    echo "The Wireshark plugin tcpdx.so is under the GPL, version 2 or later"
    echo "(/usr/share/common-licenses/GPL-2). All else is under this licence:"
    echo
    cat LICENSE-MIT
} >"$stage/copyright"
put 644 "$stage/copyright" usr/share/doc/tcpdx/copyright
rm "$stage/copyright"

find "$stage" -type f \( -name '*.so' -o -path '*/bin/*' -o -name tcpdx-extcap \) -exec strip --strip-unneeded {} +

# What its programs and libraries are linked to; dpkg-shlibdeps wants a source package around it.
mkdir -p "$stage/debian" "$stage/DEBIAN"
printf 'Source: tcpdx\n\nPackage: tcpdx\nArchitecture: any\n' >"$stage/debian/control"
depends=$(cd "$stage" && find usr -type f \( -name '*.so' -o -path '*/bin/*' -o -name tcpdx-extcap \) -print0 |
    xargs -0 dpkg-shlibdeps --ignore-missing-info -l"$(dirname "$(find usr -name libtcpdx.so)")" -O 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
rm -r "$stage/debian"

cat >"$stage/DEBIAN/control" <<CONTROL
Package: tcpdx
Version: $version
Architecture: $architecture
Maintainer: The authors of tcpdx <tcpdx@localhost>
Section: net
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$stage" | cut -f1)
Depends: $depends
Recommends: wireshark | tshark
Description: Says what went wrong with a TCP connection, inside Wireshark
 A plugin for Wireshark $series that diagnoses TCP connections packet by packet,
 a capture interface that plays simulated teaching captures, a profile that shows
 both, and a command with the same diagnosis.
CONTROL

dpkg-deb --root-owner-group --build "$stage" "$package" >/dev/null
rm -rf "$stage"
echo "$package"
