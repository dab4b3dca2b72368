#!/bin/bash
# Fetches Debian's static busybox for another machine, where it is not there yet: busybox.sh ARCHITECTURE FILE
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/apt.sh"

[ $# -eq 2 ] || { echo "busybox.sh: ARCHITECTURE FILE" >&2; exit 64; }
exec 9>"$2.lock"
flock 9
[ ! -e "$2" ] || exit 0
apt_begin "$root/.build/downloads/$1" "$1"
apt_packages busybox-static
dpkg-deb --fsys-tarfile "${apt_file[busybox-static]}" | tar -x -O ./bin/busybox >"$2.new"
chmod 755 "$2.new"
mv "$2.new" "$2"
