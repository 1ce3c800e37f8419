"""What the launcher's machines run in the VM: shell scripts whose steps `test_launcher` looks at."""

from __future__ import annotations

SESSION = "1e991e99-0000-4000-8000-00000000000"

# The pieces by hand, a program that says where it is, and stand-ins of an agent.
SETUP = r"""
R=/opt/wslcfg/wslcfg/inside/resources
D=$HOME/.local/share/wslcfg/inside STATE=$HOME/.local/state/wslcfg CONF=$HOME/.config/wslcfg/inside.conf
mkdir -p "$D/shims" "$HOME/bin" "${CONF%/*}"
for one in launcher watcher wrapper; do cp $R/$one.sh $D/$one; done
cp $R/shim.sh $D/shims/claude
L="sh $D/launcher"
conf() { printf '[launcher]\nsession-max = 134217728\nsession-swap = 0\nboot-folder = /sys/fs/cgroup/wslcfg-Debian\n%s\n' "$1" >$CONF; }
conf
cat >~/bin/where <<'END'
#!/bin/sh
path=$(sed -n 's/^0:://p' /proc/self/cgroup)
d=/sys/fs/cgroup$path
echo "$path $(cat $d/memory.max) $(cat $d/memory.swap.max) $(cat $d/pids.max) $(cat /proc/self/oom_score_adj) $$"
END
cat >~/bin/claude <<'END'
#!/usr/bin/python3
# leak [MB]: hold so much, or without an end; hold MB SECONDS; family: where do children stay
import os, subprocess, sys, time
def mine():
    return open("/proc/self/cgroup").read().split("0::")[1].split("\n")[0]
def leak(most):
    held = []
    while len(held) < most:
        held.append(bytearray(b"x" * (1 << 20)))
    return held
what = sys.argv[1]
if what == "leak":
    leak(1 << 20)
elif what == "hold":
    held = leak(int(sys.argv[2]))
    print("holds", flush=True)
    time.sleep(float(sys.argv[3]))
    print("lives", flush=True)
elif what == "child":
    code = subprocess.call([sys.argv[0], "leak"])
    print("the child ended with", code, flush=True)
elif what == "family":
    out = sys.argv[2]
    def tell(who):
        with open(f"{out}/{who}", "w") as file:
            file.write(mine())
    if os.fork() == 0:
        tell("fork")
        os._exit(0)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(0.5)
            tell("daemon")
            os._exit(0)
        tell("setsid")
        os._exit(0)
    subprocess.run(["setsid", "-f", "sh", "-c", f"sed -n s/^0:://p /proc/self/cgroup >{out}/tool"])
    os.wait(); os.wait()
    tell("self")
    deadline = time.time() + 20
    while not all(os.path.exists(f"{out}/{who}") for who in ("daemon", "tool")) and time.time() < deadline:
        time.sleep(0.1)
END
chmod +x ~/bin/*
PATH=$HOME/bin:$PATH
sudo sysctl -qw kernel.dmesg_restrict=0
# Wait for so many reports.
reports() { for _ in $(seq 150); do [ "$(ls $STATE/launch/reports/new 2>/dev/null | wc -l)" -ge $1 ] && break; sleep 0.2; done; }
"""

# What holds on every rung that gives a limit.
CORE = r"""
step before sed -n 's/^0:://p' /proc/self/cgroup
step where $L -- where
step same bash -c "echo \$\$; exec $L -- where"
step args $L -- python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' 'a  b' '$HOME' '*' '' $'new\nline' '%i' '\x' '"' "'" -- --limit
step code $L -- sh -c 'exit 42'
step signal $L -- sh -c 'kill -TERM $$'
mkdir ~/family
step family $L -- claude family $HOME/family
step kin sh -c 'cd ~/family && grep -H . *'
step given $L --limit 64MB --swap 32M --name other -- where
step nested $L -- sh -c "$L -- where; exec where"
step own $L -- sh -c "where; $D/wrapper where"
step wrapper $D/wrapper where
cd ~/family
step child $L -- claude child
step leak $L -- claude leak --resume @0
reports 2
step reports sh -c "cat $STATE/launch/reports/new/*"
step hint sh -c "$L --hint; echo again >&2; $L --hint"
cd
# Two sessions: the one that leaks ends, its neighbour does not notice.
$L -- claude hold 60 6 >/out/neighbour.out 2>/out/neighbour.err &
step second $L -- claude leak
wait $!; echo $? >/out/neighbour.code
# All of a session dies, the watcher does not.
conf 'kill-whole-session = yes'
before=$(ls $STATE/launch/reports/* | wc -l)
step whole $L -- claude child
reports 2
step wholes sh -c "cat $STATE/launch/reports/new/*"
conf
step live sh -c "ls $STATE/launch/live 2>/dev/null"
step log cat $STATE/launch/log
""".replace("@", SESSION)

# Where systemd runs: from cron, from a service, and one that leaves.
SYSTEMD = r"""
conf 'without-limit = refuse'
step service sudo systemd-run -q --wait --pipe --uid=dev sh $D/launcher -- $HOME/bin/where
step bare env -i PATH=$PATH sh $D/launcher -- where
conf
cat >~/bin/leaver <<'END'
#!/bin/sh
user=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
user=${user%%/wslcfg.slice*}
mkdir $user/elsewhere 2>/dev/null
sh -c "echo \$\$ >$user/elsewhere/cgroup.procs; exec sleep 8" &
sleep 7
kill $!
END
chmod +x ~/bin/leaver
rm -f $STATE/launch/reports/new/*
step leaver $L -- leaver
step left sh -c "cat $STATE/launch/reports/new/*"
"""

# Medians of interleaved runs against systemd-run's own scope, each after the watcher of the one before has ended.
TIMED = r"""
cat >~/bin/timed <<'END'
import os, statistics, subprocess, sys, time
ours, theirs = [], []
for turn in range(13):
    for kept, argv in ((theirs, ["systemd-run", "--user", "--scope", "-q", "-p", "MemoryMax=1G", "--", "/bin/true"]), (ours, ["sh", sys.argv[1], "--", "/bin/true"])):
        start = time.monotonic()
        subprocess.run(argv, stderr=subprocess.DEVNULL, check=True)
        kept.append(time.monotonic() - start)
        while subprocess.run(["pgrep", "-f", "launcher --watch"], stdout=subprocess.DEVNULL).returncode == 0:
            time.sleep(0.2)
print(statistics.median(ours[1:]), statistics.median(theirs[1:]))
END
step timed python3 ~/bin/timed $D/launcher
"""

POSTGRES = r"""
started() { step started_$1 sudo -u postgres psql -Atc 'SELECT pg_postmaster_start_time()'; }
started before
step capped $L -- claude leak
started capped
# Without a limit the same need takes somebody else: the kernel ends whoever is the largest.
for n in 1 2 3 4 5; do claude hold 150 200 >/out/open_$n.out 2>&1 & done
for _ in $(seq 100); do [ "$(cat /out/open_*.out | grep -c holds)" = 5 ] && break; sleep 0.3; done
step query timeout 100 sudo -u postgres psql -qc "SELECT length(string_agg(repeat('x', 1000000), '')) FROM generate_series(1, 900)"
step open sh -c 'pgrep -c claude'
pkill claude
sleep 1
step killed sh -c "sudo dmesg | grep -E 'Out of memory|oom-kill:'"
"""

# One OOM kill in init.scope used to take every shell there.
INIT_SCOPE = r"""
sleep 300 &
bystander=$!
step global claude leak
sleep 7
step bystander kill -0 $bystander
step systemd systemctl show init.scope -p OOMPolicy -p ActiveState
kill $bystander
"""
# What `install --component init-scope` writes, before the boot.
DROP_IN = r"""#!/bin/sh
mkdir -p /etc/systemd/system/init.scope.d
printf '[Scope]\nOOMPolicy=continue\n' >/etc/systemd/system/init.scope.d/wslcfg.conf
"""

# The folder that root prepares at boot; as `[boot] command=` would run it.
FOLDER = r"""
step bare_where $L -- where
conf 'without-limit = refuse'
step refused $L -- where
conf
step plain sudo sh $R/boot-cgroup.sh --user dev --folder wslcfg-Debian --max 268435456
step prepared sudo sh $R/boot-cgroup.sh --user dev --folder wslcfg-Debian --max 268435456 @
step again sudo sh $R/boot-cgroup.sh --user dev --folder wslcfg-Debian --max 268435456 @
step tree sh -c 'find /sys/fs/cgroup -maxdepth 3 -name "wslcfg-*" -exec sh -c "echo \$1 \$(cat \$1/memory.max)" sh {} \;'
"""
AFTER_FOLDER = r"""
sleep 1
step swept sh -c 'find /sys/fs/cgroup -maxdepth 4 -name "s-*"'
"""
