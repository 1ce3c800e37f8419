#!/bin/sh
# PID 1 of the VM, busybox in the initramfs. Plays WSL's mini_init: mounts the distro's disk, swap and shares, builds the cgroups of the
# wanted layout, then starts the distro in new mount, pid, uts and ipc namespaces, as WSL does.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
while read -r module; do insmod "/mods/$module" 2>/dev/null; done </mods/order
mkdir -p /ctl
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=none ctl /ctl || { echo 'RIG: no ctl'; reboot -f; }
# shellcheck source=/dev/null
. /ctl/env
mount -t ext4 -o noatime /dev/vda /r || { echo 'RIG: no root'; reboot -f; }
[ "$RIG_SWAP" = 1 ] && swapon /dev/vdb
mount -t tmpfs -o mode=755 tmpfs /r/run
mkdir -p /r/run/rig/ctl /r/run/WSL
cp /rig/* /r/run/rig/
mount --move /ctl /r/run/rig/ctl
mkdir -p /dev/pts /dev/shm
i=0
while [ "$i" -lt "${RIG_SHARES:-0}" ]; do
    eval "tag=\$RIG_TAG_$i at=\$RIG_AT_$i options=\$RIG_OPTIONS_$i"
    # shellcheck disable=SC2154  # eval sets them
    mkdir -p "/r$at" && mount -t 9p -o "trans=virtio,version=9p2000.L,msize=262144,$options" "$tag" "/r$at" || echo "RIG: share $tag failed"
    i=$((i + 1))
done
for setting in $RIG_SYSCTL; do
    echo "${setting#*=}" >"/proc/sys/$(echo "${setting%%=*}" | sed 's,[.],/,g')"
done
mount -t cgroup2 -o nsdelegate cgroup2 /cg
# shellcheck disable=SC2013  # words are wanted
delegate() { for controller in $(cat "$1/cgroup.controllers"); do echo "+$controller" >"$1/cgroup.subtree_control" 2>/dev/null; done; }
if [ "$RIG_LAYOUT" != classic ]; then
    delegate /cg
    mkdir /cg/wsl-user
    delegate /cg/wsl-user
    mkdir /cg/wsl-user/non-distro
    # WSL keeps 32 MiB for itself.
    total=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
    echo $((total * 1024 - ${RIG_RESERVE:-33554432})) >/cg/wsl-user/memory.max
    RIG_CG=/wsl-user/distro-9
    mkdir /cg$RIG_CG
    if [ "$RIG_LAYOUT" = isolated ] && [ "$RIG_INIT" = systemd ]; then
        delegate /cg$RIG_CG
        mkdir /cg$RIG_CG/systemd /cg$RIG_CG/non-systemd
    fi
    echo RIG_CG=$RIG_CG >>/r/run/rig/ctl/env
fi
echo 1 >/proc/sys/kernel/printk 2>/dev/null
echo "mini_init $(cat /proc/uptime)" >/r/run/rig/ctl/t.mini
if [ "$RIG_TASKS" = 1 ]; then
    # All tasks by the VM's own pids, which is how the kernel's log names them and the distro does not.
    (
        echo -1000 >/proc/self/oom_score_adj
        while :; do
            {
                read -r up _ </proc/uptime
                echo "T $up"
                awk '/^(Name|PPid|Uid|VmRSS|RssAnon|RssFile|VmSwap|NSpid):/ {k = $1; $1 = ""; v[FILENAME] = v[FILENAME] " " k $0}
                    END {for (f in v) if (v[f] ~ /VmRSS/) print f v[f]}' /proc/[0-9]*/status 2>/dev/null
            } >>/r/run/rig/ctl/tasks.log
            sleep 0.3
        done
    ) &
fi
unshare -m -p -u -i -f /bin/sh -c 'cd /r; mount --move /dev /r/dev; mount --move /sys /r/sys; mount --move . /; exec chroot . /run/rig/wsl-init.sh'
[ -e /r/run/rig/ctl/done ] || echo "RIG: the distro's init ended without a result"
reboot -f
