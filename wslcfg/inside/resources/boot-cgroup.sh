#!/bin/sh
# wslcfg boot folder: run as root at boot (`[boot] command=` of /etc/wsl.conf, or a oneshot unit) where systemd's user manager does not give
# agents a limit. It makes a cgroup folder that one person may put own processes into; running it again changes nothing.
#
#   boot-cgroup.sh --user NAME --folder NAME [--max BYTES] [--move-others]
#
# The folder is named by distro, since up to WSL 2.9 all distros see one tree. What it costs: the person may write the list of processes of
# the folder above as well, for the kernel asks that of whoever moves a process; so a process can leave its limit if it wants to.
# --move-others is for a distro in a cgroup namespace of its own without systemd: every process goes into a folder `others` beside it, for a
# group that holds processes itself cannot limit folders below it.
set -u
user='' folder='' max='' others=''
while [ $# -gt 0 ]; do
    case $1 in
        --user | --folder | --max)
            [ $# -ge 2 ] || { echo "wslcfg: $1 wants a value." >&2; exit 2; }
            case $1 in --user) user=$2 ;; --folder) folder=${2##*/} ;; --max) max=$2 ;; esac
            shift 2
            ;;
        --move-others) others=yes; shift ;;
        *) echo "wslcfg: boot-cgroup.sh does not know '$1'." >&2; exit 2 ;;
    esac
done
if [ -z "$user" ] || [ -z "$folder" ]; then echo 'wslcfg: boot-cgroup.sh wants --user and --folder.' >&2; exit 2; fi
case $folder in wslcfg-?*) : ;; *) echo "wslcfg: the folder is called wslcfg-SOMETHING, not '$folder'." >&2; exit 2 ;; esac
case $max in *[!0-9]*) echo "wslcfg: '$max' is no number of bytes." >&2; exit 2 ;; esac

fail() {
    echo "wslcfg: no boot folder for agents: $1." >&2
    exit 1
}
top=/sys/fs/cgroup
[ -e $top/cgroup.controllers ] || fail 'cgroup v2 is not mounted at /sys/fs/cgroup'
# Beside WSL's own groups of the distros where those are to be seen, so that WSL's cap for all of them holds.
base=$top
[ ! -e $top/wsl-user/cgroup.procs ] || base=$top/wsl-user

# Limits below $base need the controllers there.
for controller in memory pids; do
    grep -qw $controller $base/cgroup.subtree_control && continue
    if ! { echo "+$controller" >$base/cgroup.subtree_control; } 2>/dev/null; then
        [ -n "$others" ] || fail "$base holds processes itself and cannot limit folders below it (systemd=true helps)"
        mkdir -p $base/others || fail "$base/others cannot be made"
        # Those that are started meanwhile come in the next round.
        round=0
        until { echo "+$controller" >$base/cgroup.subtree_control; } 2>/dev/null; do
            round=$((round + 1))
            [ $round -lt 20 ] || fail "the processes of $base cannot be moved"
            while read -r pid; do { echo "$pid" >$base/others/cgroup.procs; } 2>/dev/null; done <$base/cgroup.procs
        done
    fi
    # pids is not needed for a limit on memory.
    grep -qw $controller $base/cgroup.subtree_control || [ $controller = pids ] || fail "the kernel gives no $controller controller"
done

mkdir -p "$base/$folder" || fail "$base/$folder cannot be made"
for controller in memory pids; do { echo "+$controller" >"$base/$folder/cgroup.subtree_control"; } 2>/dev/null; done
grep -qw memory "$base/$folder/cgroup.subtree_control" || fail "$base/$folder cannot limit folders below it"
# The limit of all sessions together stays root's.
[ -z "$max" ] || { echo "$max" >"$base/$folder/memory.max" && echo 0 >"$base/$folder/memory.oom.group"; } || fail "$base/$folder takes no limit"
chown "$user" "$base/$folder" "$base/$folder/cgroup.procs" "$base/$folder/cgroup.threads" "$base/$folder/cgroup.subtree_control" $base/cgroup.procs ||
    fail "$base/$folder cannot be given to $user"
