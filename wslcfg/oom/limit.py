"""Think: whose limit it was. From the path of a cgroup to who set it, as WSL, systemd and container engines name theirs."""

from __future__ import annotations

from wslcfg.model.inside import SLICE
from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.oom.event import OomEvent

# /docker/3f…64 hex, docker-3f….scope, libpod-…, cri-containerd-…, /kubepods…, /lxc/web, /buildkit/…: the engines' own names.
_CONTAINER = late(
    r"/(?:docker|buildkit|lxc|lxc\.payload\.[^/]+|kubepods[^/]*)(?:/|$)|(?:docker|libpod|crio|cri-containerd|nerdctl)-[0-9a-f]{12,64}"
)
_CONTAINER_ID = late(r"[0-9a-f]{64}|[0-9a-f]{32}")
# WSL from 2.9.5 on: all distros below /wsl-user, whose limit is the VM's memory less 32 MiB (WSL#40519).
_WSL = late(r"/wsl-user(?:/distro-\d+)?")


class Limit(NamedTuple):
    """Who was out of memory: `kind` as `Incident.kind`, `name` for a sentence (`the session wslcfg-claude-7`)."""

    kind: str
    name: str


def unescaped(unit: str) -> str:
    r"""A unit's name as a person wrote it: `app-tmux\x2dspawn.scope` is `app-tmux-spawn.scope` (systemd-escape(1))."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), unit)


_ESCAPE = late(r"\\x([2-7][0-9a-fA-F])")


def limit_of(event: OomEvent) -> Limit:
    """Whose limit a kill was about."""
    if event.manual:
        return Limit("manual", "a person (SysRq-F)")
    if event.kind == "memcg":
        return cgroup_limit(event.limit_cgroup or (event.memcg.path if event.memcg else None))
    if event.kind in ("cpuset", "mempolicy"):
        return Limit("cpuset", "the memory nodes that these tasks may use")
    if event.kind == "global":
        return Limit("global", "the whole VM")
    return Limit("unknown", "something that the log does not name")


def cgroup_limit(path: str | None) -> Limit:
    """Whose the limit of a cgroup is, by its path."""
    if path is None:
        return Limit("cgroup", "a cgroup whose name the log has lost")
    parts = [part for part in path.split("/") if part]
    last = parts[-1] if parts else ""
    if _WSL.fullmatch(path):
        return Limit("wsl-user", "WSL's own limit for all distros (the VM's memory less a reserve)")
    if last == SLICE or (last.startswith("wslcfg-") and "." not in last):
        return Limit("slice", "the limit of all agent sessions together")
    if any(part == SLICE or part.startswith("wslcfg-") for part in parts):
        return Limit("session", f"the limit of one agent session ({unescaped(last).removesuffix('.scope')})")
    if _CONTAINER.search(path):
        return Limit("container", f"the limit of the container {_short(last)}")
    if last.endswith(".service"):
        return Limit("service", f"the limit of the service {unescaped(last)}")
    return Limit("cgroup", f"the limit of the cgroup {path}")


def _short(name: str) -> str:
    """`3f2a9c…` of a container's 64 digits, as its engine shows it."""
    found = _CONTAINER_ID.search(name)
    return found[0][:12] if found else unescaped(name)
