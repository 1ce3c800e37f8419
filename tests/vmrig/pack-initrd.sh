#!/bin/bash
# pack-initrd.sh KERNELDIR OUT: a small initramfs of busybox, the modules that a WSL-like guest needs, and guest/.
# KERNELDIR is an unpacked linux-image package.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
kernel=$1 out=$2
# From Debian 13 on the modules lie below usr, where depmod does not look.
[ -e "$kernel/lib" ] || ln -s usr/lib "$kernel/lib"
release=$(basename "$kernel"/lib/modules/*)
depmod -b "$kernel" "$release"
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{bin,proc,sys,dev,r,cg,rig,mods}
cp /bin/busybox "$tree/bin/busybox"
for applet in sh mount insmod mkdir cat sleep unshare chroot reboot swapon ln ls echo sed cp chmod awk; do ln -s busybox "$tree/bin/$applet"; done

# In load order, dependencies first.
for module in virtio_pci virtio_blk ext4 crc32c_generic 9pnet_virtio 9p binfmt_misc overlay; do
    modprobe -d "$kernel" -S "$release" --show-depends --ignore-install "$module" 2>/dev/null | awk '/^insmod/ {print $2}'
done | awk '!seen[$0]++' | while read -r file; do
    plain=$(basename "$file")
    plain=${plain%.xz}
    plain=${plain%.zst}
    case $file in
        *.xz) xz -dc "$file" ;;
        *.zst) zstd -dqc "$file" ;;
        *) cat "$file" ;;
    esac >"$tree/mods/$plain"
    echo "$plain" >>"$tree/mods/order"
done
install -m 755 "$here/guest/mini_init.sh" "$tree/init"
install -m 755 "$here"/guest/*.sh "$tree/rig/"
(cd "$tree" && find . | cpio -o -H newc --quiet --owner 0:0) >"$out"
