#!/bin/bash
# build.sh: a WSL-like root image, a kernel that calls itself WSL's, and its initramfs, from Debian packages alone.
# Needs root and the Debian packages qemu-system-x86 mmdebstrap e2fsprogs busybox-static kmod cpio zstd xz-utils.
#
#   build.sh [--name NAME] [--suite bookworm] [--extra "PACKAGE..."] [--kernel PACKAGE-PATTERN] [--cache DIR]
#
# In the cache: NAME.ext4, NAME.vmlinux (`uname -r` as Debian has it), NAME.vmlinux-wsl (as WSL has it), NAME.initrd, NAME.deb (the kernel's
# package), and stamps of what they were made from: a second run with nothing changed does nothing, and a change in guest/ takes seconds.
# Exit code 3: this machine cannot build one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${VMRIG_CACHE:-$here/cache}
name='' suite=bookworm extra='' kernel='^linux-image-6[.]1[.]0-[0-9]+-amd64$'
while [ $# -gt 0 ]; do
    case $1 in
        --name) name=$2 ;;
        --suite) suite=$2 ;;
        --extra) extra=$2 ;;
        --kernel) kernel=$2 ;;
        --cache) cache=$2 ;;
        *)
            echo "build.sh: unknown option $1" >&2
            exit 2
            ;;
    esac
    shift 2
done
name=${name:-$suite}

missing=''
for tool in qemu-system-x86_64 mmdebstrap mkfs.ext4 depmod cpio zstd xz python3; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -z "$missing" ] || { echo "build.sh: not here:$missing" >&2; exit 3; }
# Only the static busybox runs in an initramfs that has no C library.
if [ ! -x /bin/busybox ] || ldd /bin/busybox >/dev/null 2>&1; then
    echo 'build.sh: /bin/busybox is not a static one (Debian package busybox-static)' >&2
    exit 3
fi
[ "$(id -u)" = 0 ] || { echo 'build.sh: only root can unpack a distro' >&2; exit 3; }
# The mirror that this machine's own apt uses.
# shellcheck disable=SC2016  # apt's own variable
mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 '/debian/\?$' | sed 's,/$,,') || true
[ -n "$mirror" ] || { echo "build.sh: this machine's apt knows no Debian mirror" >&2; exit 3; }

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
trap 'rm -rf "${work:-}"' EXIT
fresh() { [ "$(cat "$cache/$name.$1" 2>/dev/null)" = "$2" ]; }

of_root=$({ echo "$suite $extra $kernel"; cat "$here/build.sh" "$here/furnish.sh" "$here/make_vmlinux.py"; } | sha256sum)
if ! fresh root.stamp "$of_root"; then
    # What a killed run has left.
    rm -rf "$cache"/.build.* "$cache/$name".*stamp
    work=$(mktemp -d "$cache/.build.XXXXXX")
    packages=systemd,systemd-sysv,libpam-systemd,dbus,dbus-user-session,cron,anacron,sudo,procps,kmod,mount,util-linux
    packages=$packages,python3,login,passwd,bash,coreutils,grep,sed,gawk${extra:+,${extra// /,}}
    # The kernel comes from the guest's own release, so that this machine's release does not matter. $1 and the like are the hook's.
    # shellcheck disable=SC2016
    fetch='kernel=$(chroot "$1" apt-cache search --names-only "$KERNEL" | cut -d" " -f1 | sort -V | tail -1) && [ -n "$kernel" ] &&
        chroot "$1" sh -c "cd /tmp && apt-get -qq download $kernel 2>/dev/null" && mv "$1"/tmp/linux-image-*.deb "$WORK/deb"'
    KERNEL=$kernel WORK=$work mmdebstrap --variant=minbase --mode=root --format=directory --quiet \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --dpkgopt='force-unsafe-io' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/i18n/*' \
        --include="$packages" --customize-hook="$fetch" "$suite" "$work/root" \
        "deb $mirror $suite main" "deb $mirror $suite-updates main" "deb ${mirror%/debian}/debian-security $suite-security main"
    "$here/furnish.sh" "$work/root"
    dpkg -x "$work/deb" "$work/kernel"
    vmlinuz=$(echo "$work"/kernel/boot/vmlinuz-*)
    "$here/make_vmlinux.py" "$vmlinuz" "$work/vmlinux"
    "$here/make_vmlinux.py" --release 6.1.21.2-microsoft-standard-WSL2 "$vmlinuz" "$work/vmlinux-wsl"
    used=$(du -sm "$work/root" | cut -f1)
    truncate -s $((used + used / 4 + 256))M "$work/ext4"
    # No journal: every run throws its changes away, so a journal would only cost time.
    mkfs.ext4 -q -L root -O '^has_journal,^metadata_csum' -E lazy_itable_init=0 -d "$work/root" "$work/ext4"
    for part in deb vmlinux vmlinux-wsl ext4; do mv "$work/$part" "$cache/$name.$part"; done
    rm -rf "$work"
    echo "$of_root" >"$cache/$name.root.stamp"
fi

of_initrd=$({ echo "$of_root"; cat "$here/pack-initrd.sh" "$here"/guest/*.sh; } | sha256sum)
if ! fresh initrd.stamp "$of_initrd"; then
    work=$(mktemp -d "$cache/.build.XXXXXX")
    dpkg -x "$cache/$name.deb" "$work/kernel"
    "$here/pack-initrd.sh" "$work/kernel" "$work/initrd"
    mv "$work/initrd" "$cache/$name.initrd"
    echo "$of_initrd" >"$cache/$name.initrd.stamp"
fi
