#!/bin/sh
# Plays WSL's relay: waits for the boot, runs the command as `wsl.exe -u USER -- CMD` would, keeps what it says, ends the VM.
ctl=/run/rig/ctl
# shellcheck source=/dev/null
. $ctl/env
up() {
    read -r seconds _ </proc/uptime
    echo "$seconds"
}
user=${RIG_USER:-dev}
uid=$(id -u "$user")
home=$(getent passwd "$user" | cut -d: -f6)
if [ "$RIG_INIT" = systemd ]; then
    # What WSL's WaitForBootProcess waits for.
    tries=0
    while ! systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; do
        tries=$((tries + 1))
        [ "$tries" -gt 600 ] && break
        sleep 0.05
    done
    up >$ctl/t.booted
    if [ "$RIG_SESSION" = 1 ]; then
        tries=0
        while ! systemctl is-active -q "user@$uid.service"; do
            tries=$((tries + 1))
            [ "$tries" -gt 200 ] && break
            [ "$tries" = 1 ] && systemctl start "user@$uid.service"
            sleep 0.05
        done
    fi
    export DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus" XDG_RUNTIME_DIR="/run/user/$uid"
fi
up >$ctl/t.session
if [ "$RIG_LAYOUT" = isolated ]; then
    own=/sys/fs/cgroup$RIG_CG
    [ -d "$own/non-systemd" ] && own=$own/non-systemd
    echo 0 >"$own/cgroup.procs"
fi
# systemd-binfmt removes what others registered (a trouble of real WSL too): ours comes back, as WSL's own drop-in for that unit does it.
[ "$RIG_INTEROP" = 0 ] || [ -e /proc/sys/fs/binfmt_misc/WSLInterop ] || echo ':WSLInterop:M::MZ::/init:FP' >/proc/sys/fs/binfmt_misc/register
chmod 755 /run/rig
chmod 777 $ctl
export WSL_DISTRO_NAME=Debian WSL_INTEROP=/run/WSL/1_interop WSLENV='' NAME=wslbox HOSTTYPE=x86_64 LANG=C.UTF-8 TERM=dumb
export USER="$user" LOGNAME="$user" HOME="$home" SHELL=/bin/bash WSL2_GUI_APPS_ENABLED=1
windows=/mnt/c/Windows
export PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$windows/System32:$windows:$windows/System32/WindowsPowerShell/v1.0/"
cd "$home" 2>/dev/null || cd /
started=$(up)
setpriv --reuid="$uid" --regid="$(id -g "$user")" --init-groups /bin/bash $ctl/cmd </dev/null >$ctl/stdout 2>$ctl/stderr
rc=$?
echo "$started $(up)" >$ctl/t.cmd
dmesg >$ctl/dmesg 2>/dev/null
if [ "$RIG_INIT" = systemd ] && [ "$RIG_JOURNAL" = 1 ]; then
    journalctl --sync 2>/dev/null
    journalctl -o short-iso-precise --no-pager >$ctl/journal 2>/dev/null
fi
echo $rc >$ctl/rc
: >$ctl/done
sync
if [ "$RIG_INIT" = systemd ]; then
    echo b >/proc/sysrq-trigger
    sleep 5
fi
