#!/bin/bash
# A system within this one, for as long as it lives: nest.sh FOLDER PACKAGE
#
# To be the first process of namespaces of its own (see nest.py). This machine's files, with a
# layer over them that takes what is changed; of its devices only the harmless ones, /sys read
# only, no network but loopback. Then systemd, which starts nothing by itself but its journal.
set -euo pipefail

folder=$1 package=$2
[ $$ = 1 ] || { echo "nest.sh: only as the first process of a namespace" >&2; exit 1; }

mount --make-rprivate /
mount -t tmpfs nest "$folder"
mkdir "$folder"/{upper,work,root}
mount -t overlay nest -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
cd "$folder/root"
cp "$package" ward.deb

mount -t proc proc proc
for place in run tmp etc/systemd/system; do mount -t tmpfs nest "$place"; done
for place in sysinit local-fs sockets multi-user timers; do
    [ ! -d "lib/systemd/system/$place.target.wants" ] || mount -t tmpfs nest "lib/systemd/system/$place.target.wants"
done
mount --rbind /sys sys
mount -t cgroup2 nest sys/fs/cgroup
mount -o remount,bind,ro sys
mount -t tmpfs -o mode=755 nest dev
for device in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "dev/${device%:*}" c 1 "${device#*:}"; done
ln -s /proc/self/fd dev/fd
cat >etc/systemd/system/nest.target <<'UNIT'
[Unit]
Wants=systemd-journald.service
UNIT
ip link set lo up 2>/dev/null || true

mkdir -p run/old
pivot_root . run/old
umount -l /run/old
# Services have namespaces of their own, and what is mounted for them has to come to them.
mount --make-rshared /
exec env -i container=ward PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=nest.target --log-target=journal
