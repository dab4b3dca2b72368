#!/bin/bash
# Fetches Debian's own kernel for another machine: kernel.sh ARCHITECTURE PATTERN FOLDER
#
# PATTERN is what the package's name looks like; the newest that the indexes name is taken, since
# the package without a version in its name brings nothing but a dependency. Into FOLDER come
# `kernel`, `device-trees/`, `lib/modules/RELEASE/` with its modules.dep, and `version`.
# Nothing is installed. What is there already is kept; --newest asks the indexes again.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/apt.sh"

newest=no
[ "${1:-}" != --newest ] || { newest=yes; shift; }
[ $# -eq 3 ] || { echo "kernel.sh: ARCHITECTURE PATTERN FOLDER" >&2; exit 64; }
architecture=$1 pattern=$2 folder=$3

command -v depmod >/dev/null || { echo "depmod is missing: apt-get install kmod" >&2; exit 69; }
mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
flock 9
[ "$newest" = yes ] || [ ! -e "$folder/version" ] || exit 0

apt_begin "$root/.build/downloads/$architecture" "$architecture"
name=$(apt_own apt-cache search --names-only "^$pattern\$" | awk '{ print $1 }' | sort -V | tail -n 1)
[ -n "$name" ] || { echo "no index names a kernel like $pattern for $architecture" >&2; exit 1; }
apt_packages "$name"
version="$name ${apt_version[$name]}"
[ "$(cat "$folder/version" 2>/dev/null)" != "$version" ] || exit 0
echo "  $version"

work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
dpkg-deb -x "${apt_file[$name]}" "$work"
release=$(basename "$work"/lib/modules/*)
mv "$work/boot/vmlinuz-$release" "$work/kernel"
[ ! -d "$work/usr/lib/$name" ] || mv "$work/usr/lib/$name" "$work/device-trees"
rm -rf "$work/boot" "$work/usr"
# The packages bring no modules.dep: it is made where they are installed.
depmod -b "$work" "$release"
echo "$version" >"$work/version"
chmod 755 "$work"
rm -rf "$folder"
mv "$work" "$folder"
