#!/bin/sh
# build.sh CACHE: a bare Debian root with python3 alone in CACHE/root, made once; tests lay overlays over it. Exit code 3: not possible here.
set -eu
cache=$1
suite=bookworm
stamp="$suite 2"
[ "$(cat "$cache/stamp" 2>/dev/null)" != "$stamp" ] || exit 0
command -v mmdebstrap >/dev/null || { echo 'mmdebstrap is not here (Debian package mmdebstrap)' >&2; exit 3; }
[ "$(id -u)" = 0 ] || { echo 'only root can unpack a distro' >&2; exit 3; }
# The mirror that this machine's own apt uses.
# shellcheck disable=SC2016  # apt's own variable
mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 '/debian/\?$' | sed 's,/$,,') || true
[ -n "$mirror" ] || { echo "this machine's apt knows no Debian mirror" >&2; exit 3; }
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
[ "$(cat "$cache/stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -rf "$cache"/root "$cache"/.new "$cache/stamp"
# The packages for the richer situations lie in the root's own cache, so that a test needs no network: /debs/*.deb.
# shellcheck disable=SC2016  # $1 is the hook's
mmdebstrap --variant=minbase --mode=root --format=directory --quiet \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --dpkgopt='force-unsafe-io' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include=python3 \
    --customize-hook='chroot "$1" apt-get -qq -y --download-only -o Dir::Cache::Archives=/var/cache/apt/archives install python3-venv python3-pip pipx' \
    --customize-hook='mkdir "$1/debs" && mv "$1"/var/cache/apt/archives/*.deb "$1/debs/"' \
    "$suite" "$cache/.new" "deb $mirror $suite main" >&2
mv "$cache/.new" "$cache/root"
echo "$stamp" >"$cache/stamp"
