#!/bin/sh
# Makes a Debian package of a built program: packaging/deb.sh [PROGRAM] [FOLDER]
# PROGRAM defaults to target/release/patchlight (cargo build --release), FOLDER, where the package goes, to target/packages.
# Needs dpkg-deb (package dpkg) and strip (package binutils); no root.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
program=${1:-$root/target/release/patchlight}
out=${2:-$root/target/packages}
test -x "$program" || { echo "there is no program at $program: run cargo build --release first" >&2; exit 1; }
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
architecture=$(dpkg --print-architecture)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"

install -D -m 755 "$program" "$stage/usr/bin/patchlight"
strip --strip-unneeded "$stage/usr/bin/patchlight"
install -D -m 644 "$root/packaging/patchlight.desktop" "$stage/usr/share/applications/patchlight.desktop"
install -D -m 644 "$root/packaging/patchlight.metainfo.xml" "$stage/usr/share/metainfo/patchlight.metainfo.xml"
install -D -m 644 "$root/assets/icon/patchlight.svg" "$stage/usr/share/icons/hicolor/scalable/apps/patchlight.svg"
for side in 16 32 48 64 128 256; do
    install -D -m 644 "$root/assets/icon/patchlight-$side.png" "$stage/usr/share/icons/hicolor/${side}x$side/apps/patchlight.png"
done
doc=$stage/usr/share/doc/patchlight
install -D -m 644 "$root/README.md" "$doc/README.md"
{
    echo "Patchlight is licensed under MIT or Apache-2.0, at your choice. Fonts inside: Inter and Noto Emoji (OFL 1.1), Phosphor (MIT)."
    echo
    cat "$root/LICENSE-MIT" "$root/LICENSE-APACHE" "$root/assets/fonts/LICENSE-INTER" "$root/assets/fonts/LICENSE-PHOSPHOR"
} > "$doc/copyright"
chmod 644 "$doc/copyright"

size=$(du -sk "$stage/usr" | cut -f 1)
mkdir -p "$stage/DEBIAN"
cat > "$stage/DEBIAN/control" <<EOF
Package: patchlight
Version: $version
Architecture: $architecture
Maintainer: The Patchlight authors <patchlight@example.org>
Installed-Size: $size
Section: graphics
Priority: optional
Depends: libc6, libgcc-s1
Recommends: libvulkan1, mesa-vulkan-drivers, libxkbcommon0, libwayland-client0, libx11-6, libxcursor1, libxi6, libxrandr2, libxkbcommon-x11-0, xdg-desktop-portal
Description: image tagger that learns your labels from few examples
 Patchlight tags pictures with several labels each, learns your own labels
 from few and unevenly spread examples on the GPU that you have (or on the
 CPU), and shows for every label the patches of the picture that made it.
 Everything runs on your own machine; nothing is sent anywhere.
EOF
mkdir -p "$out"
package=$out/patchlight_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$stage" "$package" > /dev/null
echo "$package"
