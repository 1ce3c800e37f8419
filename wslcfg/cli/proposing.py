"""From the command line to a proposal: the flags that answer the sizing's questions, the machine, the profile."""

from __future__ import annotations

from wslcfg.cli.named import host_bytes
from wslcfg.cli.place import config_folder, existence
from wslcfg.cli.place import settle as settle_place
from wslcfg.cli.shared import Flags, absolute
from wslcfg.errors import Unreachable, Usage
from wslcfg.host.port import Host
from wslcfg.machine.look import look
from wslcfg.model.facts import Datum, Machine, Service
from wslcfg.model.profile import Profile
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import parse
from wslcfg.plan.demand import USES
from wslcfg.plan.propose import Paths, Proposal, propose
from wslcfg.plan.what_if import WhatIf, hypothetical_machine
from wslcfg.profile.load import load


class Answers(NamedTuple):
    """The sizing's questions as answered on the command line or in the wizard; '' and None: not answered."""

    host_ram: str = ""
    windows_use: str = ""
    services: tuple[str, ...] = ()
    sessions: int | None = None
    free_disk: str = ""
    processors: int | None = None
    careful: bool | None = None

    @property
    def any(self) -> bool:
        """Whether a what-if flag was given, which makes the machine of `plan` hypothetical."""
        return self._replace(careful=None) != Answers()

    def check(self) -> None:
        """Raise Usage or Refused for an answer that makes no sense."""
        if self.windows_use and self.windows_use not in USES:
            raise Usage(
                f"--windows-use takes light, standard or heavy, not '{self.windows_use}'.", "standard is a browser, VS Code and chat."
            )
        self.sizes()

    def sizes(self) -> tuple[int | None, dict[str, int], int | None]:
        """Host RAM, peak by service and free disk, in bytes. Raises Refused for what is no size."""
        peaks = {}
        for item in self.services:
            name, equals, size = item.rpartition("=")
            if not (equals and name and name.isprintable()):
                raise Usage(f"--service takes NAME=SIZE, not '{item}'.", "For example --service PostgreSQL=0.5GB.")
            peaks[name] = int(parse(size, exact=False))
        ram = int(parse(self.host_ram, exact=False)) if self.host_ram else None
        return ram, peaks, int(parse(self.free_disk, exact=False)) if self.free_disk else None

    def what_if(self) -> WhatIf:
        """The answers that go before the profile's own."""
        return WhatIf(windows_use=self.windows_use or None, sessions=self.sessions, careful=self.careful)


def load_profile(host: Host, name: str) -> Profile:
    """A profile by name (the person's own first, then the built-in ones) or by path."""
    is_path = "/" in name or name.endswith(".toml")

    def read(path: str) -> bytes | None:
        found = host.read(path)
        if found is not None or not is_path:
            return found
        found = host_bytes(host, path, "")
        if found is None and path == absolute(name):
            raise Unreachable(f"There is no profile at {name}.", "Check the path.", code="no-profile")
        return found

    return load(absolute(name) if is_path else name or "balanced", read, f"{config_folder(host)}/profiles")


def proposal_for(host: Host, machine: Machine, profile: Profile, answers: Answers) -> Proposal:
    """A proposal for this machine's own files."""
    place = settle_place(host, machine)
    return propose(
        answered(machine, answers),
        profile,
        host.read(place.wslconfig),
        host.read(place.wslconf),
        hypothetical=answers.what_if(),
        paths=Paths(place.wslconfig, place.wslconf),
        exists=existence(host, machine),
    )


def imagined(host: Host, given: Flags, profile: Profile, answers: Answers, file: str) -> Proposal:
    """A proposal for a machine that only the flags describe, against an empty file or the one named; for this machine where no flag describes one."""
    ram, peaks, free = answers.sizes()
    machine = hypothetical_machine(ram, answers.processors, peaks, free, host.now()) if answers.any else look_whole(host)
    raw = None
    if file:
        raw = host_bytes(host, file, given.machine)
        if raw is None:
            raise Unreachable(
                f"There is no file {file}.", "Check the path, or leave --file out to compare with an empty file.", code="no-file"
            )
    return propose(machine, profile, raw, None, hypothetical=answers.what_if(), paths=Paths(file or ".wslconfig"))


def answered(machine: Machine, answers: Answers) -> Machine:
    """The machine with what the person said in place of what was not found, and their services beside the found ones."""
    ram, peaks, free = answers.sizes()
    host = machine.host._replace(
        ram=Datum(ram, "flag") if ram is not None else machine.host.ram,
        disk_free=Datum(free, "flag") if free is not None else machine.host.disk_free,
        processors=Datum(answers.processors, "flag") if answers.processors is not None else machine.host.processors,
    )
    said = tuple(Service(name, None, None, peak, None, peak * 6 // 5, "flag") for name, peak in peaks.items())
    kept = tuple(one for one in machine.services.value or () if one.name not in peaks)
    services = Datum((*kept, *said), machine.services.source or "flag") if said else machine.services
    return machine._replace(host=host, services=services)


def look_whole(host: Host) -> Machine:
    """The whole machine, services included; Windows is asked at most once per boot."""
    return look(host)
