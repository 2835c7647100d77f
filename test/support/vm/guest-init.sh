#!/bin/busybox sh
# The guest's first process: mounts, swap, the command, and its output as a tar on the second disk.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root TMPDIR=/tmp LANG=C.UTF-8 OUT=/out
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mount -t devtmpfs -o nosuid devtmpfs /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620 devpts /dev/pts
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs /dev/shm
mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs /run
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
ln -sf /proc/self/fd /dev/fd
ip link set lo up
echo 8 >/proc/sys/vm/nr_hugepages
for module in /modules/*.ko; do
  [ -e "$module" ] && { insmod "$module" || echo "cannot load $module" >/dev/console; }
done
tries=0
while [ ! -b /dev/vdb ] && [ $tries -lt 500 ]; do tries=$((tries + 1)); usleep 10000; done
{ mkswap /dev/vda && swapon /dev/vda; } >/dev/null
cd /share
# the host looks for this line: from here on a breakdown is the command's
echo 'crit-vm: running the command' >/dev/ttyS0
setsid sh /command </dev/null >/out/stdout 2>/out/stderr
echo $? >/out/status
# end of archive for the host: what it has not read to the end was cut off
tar -C /out -cf /dev/vdb . && sync
reboot -f
