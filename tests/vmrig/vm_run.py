#!/usr/bin/env python3
"""Boot a throw-away WSL-like VM, run one command in it, give back its stdout, stderr and exit code.

  vm_run.py [--mem 2G] [--swap 1G] [--share DIR:/GUEST[:ro]]... [--drive C:DIR]... [--interop DIR] [--layout classic|isolated|namespaced]
            [--init systemd|none] [--kernel wsl|debian] [--image NAME] [--user dev] [--env K=V]... [--out DIR] [--timeout S] -- CMD [ARG...]

One word after `--` is a script for bash, several are a command. Exit codes beside the command's own: 124 time-out, 125 the rig failed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("VMRIG_CACHE") or HERE / "cache")
# What the guest leaves in the control folder that is no result.
INPUTS = {"env", "cmd", "interop", "pre", "done"}
KERNEL_LINE = (
    "console=ttyS0 quiet loglevel=3 panic=-1 reboot=t rdinit=/init tsc=reliable no_timer_check nokaslr random.trust_cpu=on mitigations=off audit=0"
    " nmi_watchdog=0"
)


def size(text: str) -> int:
    """Bytes of `512M`, `2G` or a plain number."""
    unit = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(text[-1:].upper())
    return int(float(text[:-1]) * unit) if unit else int(text)


def options(argv: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(usage=__doc__)
    add = parser.add_argument
    add("--mem", default="1G")
    add("--swap", default="0")
    add("--cpus", type=int, default=2)
    add("--share", action="append", default=[], help="DIR:/GUEST[:ro], live and writable")
    add("--drive", action="append", default=[], help="C:DIR is seen as /mnt/c and stands in /proc/mounts as WSL's own drive does")
    add("--user", default="dev")
    add("--init", default="systemd", choices=["systemd", "none"])
    add("--layout", default="classic", choices=["classic", "isolated", "namespaced"])
    add("--kernel", default="wsl", choices=["wsl", "debian"], help="what uname -r says")
    add("--image", default=os.environ.get("VMRIG_IMAGE", "bookworm"))
    add("--interop", help="a folder of answers: scripts named powershell.exe, cmd.exe ...")
    add("--no-interop", action="store_true", help="no handler for Windows programs and no interop socket")
    add("--pre", help="a script run as root before the distro's init")
    add("--sysctl", action="append", default=[])
    add("--env", action="append", default=[])
    add("--no-session", action="store_true", help="do not wait for the user's systemd")
    add("--tasks", action="store_true", help="sample all tasks by the VM's own pids into tasks.log")
    add("--out", help="keep console.log, dmesg, the journal, interop.calls and times.json here")
    add("--timeout", type=float, default=300)
    add("cmd", nargs=argparse.REMAINDER)
    given = parser.parse_args(argv)
    given.cmd = given.cmd[1:] if given.cmd[:1] == ["--"] else given.cmd
    if not given.cmd:
        parser.error("no command")
    return given


def shares(given: argparse.Namespace) -> list[tuple[str, str, str, str]]:
    """(mount tag, host folder, guest folder, mount options) of each share."""
    found = []
    for number, text in enumerate(given.share):
        folder, at, how = [*text.split(":"), ""][:3]
        # What nobody changes may be cached by the guest, which saves most of the round trips.
        found.append((f"share{number}", os.path.abspath(folder), at, "cache=loose,ro" if how == "ro" else "cache=mmap,rw"))
    for text in given.drive:
        letter, _, folder = text.partition(":")
        # `C:\134 /mnt/c 9p rw,…,aname=drvfs;path=C:\;uid=1000;…` is the line that WSL's drives have.
        options = f"cache=mmap,noatime,aname=drvfs;path={letter}:\\;uid=1000;gid=1000;symlinkroot=/mnt/"
        found.append((f"{letter}:\\", os.path.abspath(folder), f"/mnt/{letter.lower()}", options))
    return found


def prepare(given: argparse.Namespace, ctl: Path, swap: Path | None) -> list[tuple[str, str, str, str]]:
    """Write the control folder that the guest reads; the shares, its own among them."""
    mounted = shares(given)
    env = {
        "RIG_INIT": given.init,
        "RIG_LAYOUT": given.layout,
        "RIG_USER": given.user,
        "RIG_JOURNAL": str(int(bool(given.out))),
        "RIG_SESSION": str(int(not given.no_session)),
        "RIG_INTEROP": str(int(not given.no_interop)),
        "RIG_SYSCTL": " ".join(given.sysctl),
        "RIG_TASKS": str(int(given.tasks)),
        "RIG_SWAP": str(int(swap is not None)),
        "RIG_SHARES": str(len(mounted)),
    }
    for number, (tag, _, at, how) in enumerate(mounted):
        env.update({f"RIG_TAG_{number}": tag, f"RIG_AT_{number}": at, f"RIG_OPTIONS_{number}": how})
    (ctl / "env").write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in env.items()))
    exports = "".join(f"export {shlex.quote(pair)}\n" for pair in given.env)
    command = given.cmd[0] if len(given.cmd) == 1 else f"exec {shlex.join(given.cmd)}"
    (ctl / "cmd").write_text(f"{exports}{command}\n")
    if given.interop:
        shutil.copytree(given.interop, ctl / "interop")
    if given.pre:
        shutil.copy(given.pre, ctl / "pre")
        (ctl / "pre").chmod(0o755)
    return [("ctl", str(ctl), "", ""), *mounted]


def qemu(given: argparse.Namespace, console: Path, swap: Path | None, mounted: list[tuple[str, str, str, str]]) -> list[str]:
    """The command line of the emulator. TCG unless VMRIG_ACCEL=kvm: a /dev/kvm that is there does not always run a guest."""
    accel = ["kvm", "-cpu", "host"] if os.environ.get("VMRIG_ACCEL") == "kvm" else ["tcg,thread=multi,tb-size=512", "-cpu", "max"]
    image = CACHE / given.image
    argv = [
        *(
            os.environ.get("VMRIG_QEMU", "qemu-system-x86_64"),
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-no-reboot",
            "-M",
            "q35",
        ),
        *("-m", str(size(given.mem) >> 20), "-smp", str(given.cpus), "-serial", f"file:{console}", "-accel", *accel),
        *("-kernel", f"{image}.vmlinux{'-wsl' if given.kernel == 'wsl' else ''}", "-initrd", f"{image}.initrd", "-append", KERNEL_LINE),
        # snapshot: what a run writes to its disk is gone with it.
        *(
            "-drive",
            f"file={image}.ext4,format=raw,if=none,id=root,snapshot=on,cache=unsafe,aio=threads",
            "-device",
            "virtio-blk-pci,drive=root",
        ),
    ]
    if swap is not None:
        argv += ["-drive", f"file={swap},format=raw,if=none,id=swap,cache=unsafe", "-device", "virtio-blk-pci,drive=swap"]
    for number, (tag, folder, _, how) in enumerate(mounted):
        readonly = ",readonly=on" if how.endswith(",ro") else ""
        argv += ["-fsdev", f"local,id=f{number},path={folder},security_model=none{readonly}"]
        argv += ["-device", f"virtio-9p-pci,fsdev=f{number},mount_tag={tag}"]
    return argv


def read(path: Path) -> str:
    """A text, '' when it is not there."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def main(argv: list[str]) -> int:
    """Boot, run, tidy up."""
    given = options(argv)
    work = Path(tempfile.mkdtemp(prefix="vmrun."))
    ctl, console, swap = work / "ctl", work / "console.log", None
    child = None
    try:
        work.chmod(0o755)
        ctl.mkdir()
        ctl.chmod(0o777)
        if size(given.swap):
            swap = work / "swap"
            with swap.open("wb") as file:
                file.truncate(size(given.swap) + 4096)
            swap.chmod(0o600)
            subprocess.run(["mkswap", "-q", swap], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with (work / "qemu.err").open("wb") as said:
            child = subprocess.Popen(
                qemu(given, console, swap, prepare(given, ctl, swap)), stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
            late = False
            try:
                child.wait(timeout=given.timeout)
            except subprocess.TimeoutExpired:
                late = True
        code = 124 if late else int(read(ctl / "rc").strip() or 125)
        if given.out:
            keep(ctl, console, Path(given.out))
        sys.stdout.write(read(ctl / "stdout"))
        sys.stderr.write(read(ctl / "stderr"))
        if code in {124, 125}:
            sys.stderr.write(f"vm_run: {'time-out' if late else 'no result from the guest'}\n")
            for name in (console, work / "qemu.err", ctl / "rig.log"):
                sys.stderr.write(f"--- {name.name}\n{read(name)[-3000:]}\n")
        return code
    finally:
        if child is not None and child.poll() is None:
            child.kill()
            child.wait()
        shutil.rmtree(work, ignore_errors=True)


def keep(ctl: Path, console: Path, out: Path) -> None:
    """Copy what the run left; `times.json` holds seconds since the kernel's start per stage."""
    out.mkdir(parents=True, exist_ok=True)
    times = {}
    for path in ctl.iterdir():
        if path.name.startswith("t."):
            times[path.name[2:]] = [word for word in path.read_text().split() if word[:1].isdigit()][:2]
        elif path.name not in INPUTS and path.is_file():
            shutil.copy(path, out)
    (out / "times.json").write_text(json.dumps(times))
    with contextlib.suppress(OSError):
        shutil.copy(console, out)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
