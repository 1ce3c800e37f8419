#!/bin/sh
# PID 1 of the distro's pid namespace until systemd, if wanted, takes its place, as WSL's /init does.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
if [ "${1:-}" != inside ]; then
    mount -t proc proc /proc
    # shellcheck source=/dev/null
    . /run/rig/ctl/env
    mount -t cgroup2 -o nosuid,nodev,noexec,relatime,nsdelegate cgroup2 /sys/fs/cgroup
    if [ "$RIG_LAYOUT" = namespaced ]; then
        # From here on the distro's own group is `/` (WSL#41512).
        echo 0 >"/sys/fs/cgroup$RIG_CG/cgroup.procs"
        umount /sys/fs/cgroup
        exec unshare --cgroup /run/rig/wsl-init.sh inside
    fi
else
    # shellcheck source=/dev/null
    . /run/rig/ctl/env
    mount -t cgroup2 -o nosuid,nodev,noexec,relatime,nsdelegate cgroup2 /sys/fs/cgroup
fi
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
[ -e /dev/ptmx ] || ln -s pts/ptmx /dev/ptmx
mount -t tmpfs tmpfs /dev/shm
hostname wslbox
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc 2>/dev/null
# Programs of Windows go to /init, as WSL registers it: F opens it now, P hands on argv[0].
cp /run/rig/interop.sh /init
[ "$RIG_INTEROP" = 0 ] || {
    echo ':WSLInterop:M::MZ::/init:FP' >/proc/sys/fs/binfmt_misc/register
    : >/run/WSL/1_interop
}
ln -sf /run/rig/interop.sh /usr/bin/wslpath
ln -sf /run/rig/interop.sh /usr/bin/wslinfo
[ -x /run/rig/ctl/pre ] && /run/rig/ctl/pre
# A process's name is its program's: WSL's relays call themselves so.
relay='/run/rig/Relay(2)'
cp /bin/sh "$relay"
echo "distro $(cat /proc/uptime)" >/run/rig/ctl/t.distro
if [ "$RIG_INIT" = systemd ]; then
    "$relay" /run/rig/relay.sh </dev/null >/dev/null 2>/run/rig/ctl/rig.log &
    [ "$RIG_LAYOUT" = isolated ] && echo 0 >"/sys/fs/cgroup$RIG_CG/systemd/cgroup.procs"
    exec env -i container=wsl container_host_id=windows container_host_version_id=2.6.1.0 /sbin/init
fi
"$relay" /run/rig/relay.sh </dev/null >/dev/null 2>/run/rig/ctl/rig.log
