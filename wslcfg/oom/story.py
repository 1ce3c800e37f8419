"""Think: the values of the verdict: what happened, who is to blame, on which evidence, and what could not be looked at.

A claim never stands without its proof, and carries how sure it is: `fact` (a line says so), `likely` (follows from numbers of the log), `guess`
(may be wrong, says why), `unchecked` (could not be looked at: that is not "fine").
"""

from __future__ import annotations

from datetime import datetime

from wslcfg.model.record import NamedTuple
from wslcfg.oom.event import Notice, Seen


class Proof(NamedTuple):
    """A piece of evidence: where it stands (`kernel log`, `~/.bash_history`), the line there (0: none), what it says.

    `mark` is the word in the text that the claim rests on: where a line is cut to a screen's width, it stays.
    """

    source: str
    text: str
    line: int = 0
    mark: str = ""


class Claim(NamedTuple):
    """One sentence of the story.

    Attributes:
        id: a stable word for scripts: `cause`, `victim`, `invoker`, `culprit`, `cascade`, `service-stopped`, `accumulation`, `burst`, `one-process`, `minute`,
            `duplicates`, `inventory`, `panes`, `hidden`, `survivors`, `lost`, `replayed`, `swap`, `peak`.
        certainty: `fact`, `likely`, `guess` or `unchecked`.
    """

    id: str
    text: str
    certainty: str
    proofs: tuple[Proof, ...] = ()


class Ran(NamedTuple):
    """Something that ran: an `npm` command, a `resume` of a session by its id, a `continue` of one without, a `cron` job, a `unit` that was started."""

    what: str
    at: datetime | None
    text: str
    proof: Proof


class Agent(NamedTuple):
    """A session of the live registry (`~/.claude/sessions/PID.json`); such a file stays when its process is killed.

    `alive` says whether the process is there now with the same start time; None where that could not be told.
    """

    provider: str
    session: str
    pid: int
    cwd: str | None
    started_at: datetime | None
    updated_at: datetime | None
    status: str | None
    alive: bool | None
    proof: Proof


class Pane(NamedTuple):
    """An open pane of freshell's tab registry: `kind` as its mode has it (`claude`, `freshclaude`, `codex` …)."""

    key: str
    kind: str
    session: str | None
    cwd: str | None
    proof: Proof


class Boot(NamedTuple):
    """A boot as the journal has it: on WSL the start of a distro.

    Attributes:
        number: as `journalctl --list-boots` counts: 0 is this one, -1 the one before.
        clock: when the VM's own clock stood at 0; two boots with the same are two starts of a distro in one VM. None where unknown.
        ended: `running`, `shutdown` (its end is in the journal), `abrupt` (it just stops), None where it could not be read.
        last: the last line that the journal has.
    """

    id: str
    number: int
    first_at: datetime
    last_at: datetime
    clock: datetime | None = None
    ended: str | None = None
    last: Proof | None = None


class Counter(NamedTuple):
    """What a cgroup of ours has counted since it was made (`memory.events`); sizes in bytes."""

    path: str
    kills: int
    limit_hits: int
    limit: int | None = None
    peak: int | None = None


class Reach(NamedTuple):
    """How far back and forth a trace goes: only within it does silence say that nothing ran.

    `what` as in `Ran`, `source` as in `Proof`; `since` None is a trace without times, which says nothing of any moment.
    """

    what: str
    source: str
    since: datetime | None
    until: datetime | None


class Around(NamedTuple):
    """What was found beside the kernel's log. Empty and not in `unchecked` means: looked at, nothing there.

    Attributes:
        looked: what was looked at. unchecked: what could not be, each with its reason, as a sentence.
        reach: which times the traces cover.
        panes_at: when freshell wrote its registry.
    """

    ran: tuple[Ran, ...] = ()
    agents: tuple[Agent, ...] = ()
    panes: tuple[Pane, ...] = ()
    panes_at: datetime | None = None
    boots: tuple[Boot, ...] = ()
    counters: tuple[Counter, ...] = ()
    looked: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    reach: tuple[Reach, ...] = ()


class Incident(NamedTuple):
    """Kills that belong together, with their story.

    Attributes:
        kind: `global`, `session` (one capped session of ours), `slice` (our sessions together), `container`, `service`, `wsl-user` (WSL's own limit for all
            distros), `cgroup` (somebody's limit), `cpuset`, `manual` (SysRq), `oomd`, `earlyoom`, `systemd` (only systemd tells of it), `unknown`.
        cascade: whether systemd then ended a unit that holds every shell (`init.scope`).
        events: the kernel's, in order; empty where only notices tell of it.
        culprit: the program family that held most; None where no table says it.
        innocent: whether the first victim was of another family than the culprit; None where that is unknown.
        pattern: `one-process`, `burst`, `accumulation` or `unknown`.
        killed: how many processes the log names as killed.
    """

    kind: str
    headline: str
    at: datetime | None
    events: tuple[Seen, ...]
    notices: tuple[Notice, ...]
    claims: tuple[Claim, ...]
    cascade: bool = False
    culprit: str | None = None
    innocent: bool | None = None
    pattern: str = "unknown"
    killed: int = 0
    sessions: int | None = None  # of the live registry at that time
    stopped: tuple[str, ...] = ()  # units that systemd ended


class Ending(NamedTuple):
    """A VM or distro that ended without a word of the kernel: nobody was killed, but all work was lost. `kind`: `vm-ended` or `distro-ended`."""

    kind: str
    text: str
    at: datetime
    proofs: tuple[Proof, ...]


class Verdict(NamedTuple):
    """The whole answer.

    Attributes:
        kind: the newest incident's kind; `init-scope-cascade` where systemd took the distro down after it; else `vm-ended`, `distro-ended`, or `none`.
        incidents: the oldest first.
        unchecked: what could not be looked at.
    """

    kind: str
    headline: str
    incidents: tuple[Incident, ...] = ()
    endings: tuple[Ending, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def newest(self) -> Incident | None:
        """The incident that a person asks about."""
        return self.incidents[-1] if self.incidents else None


class Effect(NamedTuple):
    """The simulated effect of an advice: would this kill have happened? `prevented` None: cannot be told, or only softened."""

    prevented: bool | None
    text: str


class Advice(NamedTuple):
    """What to do about a finding.

    Attributes:
        id: a stable word: `memory`, `cap`, `limit`, `init-scope`, `log-buffer`, `service-policy`, `duplicates`, `backup`, `keep-running`, `container`.
        finding: which claim it answers.
        text: one sentence. command: what to type; None where no command of this version does it.
        effect: what would have been, by which arithmetic.
    """

    id: str
    finding: str
    text: str
    command: str | None
    effect: Effect | None = None
