#!/bin/bash
# furnish.sh ROOT: turn a plain Debian tree into the WSL-like distro.
set -euo pipefail
root=$1
echo wslbox >"$root/etc/hostname"
echo '127.0.0.1 localhost wslbox' >"$root/etc/hosts"
rm -f "$root/etc/machine-id"
echo 5f1dcbf6b6f5453a9c9d4cf2a1d3b1aa >"$root/etc/machine-id"
: >"$root/etc/fstab"
chroot "$root" useradd -m -u 1000 -s /bin/bash -G sudo,adm dev
echo 'dev ALL=(ALL) NOPASSWD:ALL' >"$root/etc/sudoers.d/90-dev"
chmod 440 "$root/etc/sudoers.d/90-dev"
mkdir -p "$root/var/lib/systemd/linger"
: >"$root/var/lib/systemd/linger/dev"

# What a test VM does not need at boot; emulated, each costs up to a second.
for unit in getty.target getty@tty1.service serial-getty@ttyS0.service serial-getty@hvc0.service console-getty.service \
    systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service systemd-udev-settle.service \
    systemd-hwdb-update.service systemd-modules-load.service systemd-timesyncd.service systemd-random-seed.service \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-machine-id-commit.service systemd-firstboot.service \
    systemd-sysusers.service systemd-boot-update.service systemd-pstore.service kmod-static-nodes.service \
    systemd-networkd.service systemd-networkd.socket systemd-resolved.service networking.service \
    sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount dev-hugepages.mount dev-mqueue.mount \
    proc-sys-fs-binfmt_misc.automount proc-sys-fs-binfmt_misc.mount \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer \
    modprobe@.service systemd-fsck-root.service systemd-remount-fs.service systemd-ask-password-console.path systemd-ask-password-wall.path; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
mkdir -p "$root/etc/systemd/journald.conf.d" "$root/etc/systemd/system.conf.d"
printf '[Journal]\nStorage=volatile\nRateLimitBurst=0\n' >"$root/etc/systemd/journald.conf.d/rig.conf"
printf '[Manager]\nDefaultTimeoutStopSec=5s\nShowStatus=no\n' >"$root/etc/systemd/system.conf.d/rig.conf"

mkdir -p "$root/mnt/c" "$root/share" "$root/usr/lib/wsl/lib"
printf '[boot]\nsystemd=true\n[user]\ndefault=dev\n' >"$root/etc/wsl.conf"
rm -rf "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/* "$root"/var/log/*.log
