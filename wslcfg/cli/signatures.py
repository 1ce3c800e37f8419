"""The command line at a glance: every command's words, and the door to the room behind each.

The rooms are imported inside the functions, here and only here: `wslcfg plan --help` must not load the scanner, and `wslcfg get`
must not load the wizard. What a command does stands in the module that its function names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from wslcfg.cli.shared import flags
from wslcfg.model.result import Result


def _settings(incomplete: str) -> list[str]:
    """KEYs for the shell."""
    from wslcfg.cli.complete import settings

    return settings(incomplete)


def _profiles(incomplete: str) -> list[str]:
    """Profiles for the shell."""
    from wslcfg.cli.complete import profiles

    return profiles(incomplete)


def _of(*words: str) -> Callable[[str], list[str]]:
    """A fixed choice for the shell."""

    def choice(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return choice


# Options and arguments that several commands spell the same way.
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer ordinary questions with yes.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Show everything, write nothing.")]
Accept = Annotated[list[str] | None, typer.Option("--accept", metavar="ID", help="Accept a named danger (repeatable).")]
Root = Annotated[
    str, typer.Option("--root", metavar="HOW", help="How to write what only root may: sudo or wsl.", autocompletion=_of("sudo", "wsl"))
]
File = Annotated[str, typer.Option("--file", metavar="FILE", help="This file instead of the machine's own.")]
Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY", help="section.key, as wsl2.memory; wsl.conf:boot.systemd names the distro's file.", autocompletion=_settings
    ),
]
Profile = Annotated[
    str, typer.Argument(metavar="[PROFILE]", help="A profile's name or file; balanced when left out.", autocompletion=_profiles)
]
HostRam = Annotated[str, typer.Option("--host-ram", metavar="SIZE", help="Usable RAM of the host.")]
WindowsUse = Annotated[
    str, typer.Option("--windows-use", metavar="HOW", help="light, standard or heavy.", autocompletion=_of("light", "standard", "heavy"))
]
Services = Annotated[list[str] | None, typer.Option("--service", metavar="NAME=SIZE", help="A service's measured peak (repeatable).")]
Sessions = Annotated[int | None, typer.Option("--sessions", metavar="N", help="Agent sessions at the same time.", min=0)]
FreeDisk = Annotated[str, typer.Option("--free-disk", metavar="SIZE", help="Free space where the swap file lies.")]
Processors = Annotated[int | None, typer.Option("--processors", metavar="N", help="Logical processors of the host.", min=1)]


def setup(
    ctx: typer.Context,
    profile: Profile = "",
    host_ram: HostRam = "",
    windows_use: WindowsUse = "",
    service: Services = None,
    sessions: Sessions = None,
    free_disk: FreeDisk = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    accept: Accept = None,
    root: Root = "",
    no_pieces: Annotated[bool, typer.Option("--no-pieces", help="Leave the pieces inside the distro (see install) out.")] = False,
    mirror: Annotated[str, typer.Option("--mirror", metavar="WHERE", help="A second copy of session backups: auto, off or a folder.")] = "",
) -> Result:
    """Set this laptop up: look at the machine, propose memory and swap, show the diff, apply, then offer the pieces inside the distro.

    With --yes every question that no flag answers takes its default.
    """
    from wslcfg.cli.proposing import Answers
    from wslcfg.cli.shared import Consent
    from wslcfg.cli.wizard import run_setup

    answers = Answers(host_ram, windows_use, tuple(service or ()), sessions, free_disk)
    return run_setup(flags(ctx), profile, answers, Consent(yes, dry_run, tuple(accept or ()), root), pieces=not no_pieces, mirror=mirror)


def demo(
    ctx: typer.Context,
    scenario: Annotated[
        str,
        typer.Option(
            "--scenario",
            metavar="NAME",
            help="16gb, 8gb, 32gb, 128gb or no-interop.",
            autocompletion=_of("16gb", "8gb", "32gb", "128gb", "no-interop"),
        ),
    ] = "16gb",
    keep: Annotated[bool, typer.Option("--keep", help="Keep the practice laptop and say where it lies.")] = False,
) -> Result:
    """Go through the whole journey on a practice laptop: facts, lint, plan, apply, break it, roll back. Touches nothing else."""
    from wslcfg.cli.demo import run_demo

    command = ctx.find_root().command

    def call(words: list[str]) -> Result:
        with command.make_context("wslcfg", words, obj={}) as root:
            done: Result = command.invoke(root)
            return done

    return run_demo(flags(ctx), scenario, call, keep=keep)


def facts(
    ctx: typer.Context,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask Windows again instead of using this boot's answers.")] = False,
    record: Annotated[str, typer.Option("--record", metavar="DIR", help="Also write what was seen as a recorded machine, redacted.")] = "",
) -> Result:
    """Show what was found: host RAM, Windows build, disk, policies, the VM, the distro, resident services."""
    from wslcfg.cli.facts import run_facts

    return run_facts(flags(ctx), record, fresh=fresh)


def plan(
    ctx: typer.Context,
    profile: Profile = "",
    host_ram: HostRam = "",
    windows_use: WindowsUse = "",
    service: Services = None,
    sessions: Sessions = None,
    free_disk: FreeDisk = "",
    processors: Processors = None,
    file: File = "",
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Save the plan for `wslcfg apply --plan`.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Say why each number is what it is.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when something would change.")] = False,
) -> Result:
    """Propose memory and swap for this machine and show the diff; nothing is written.

    A what-if flag (--host-ram, --windows-use, --service, --sessions, --free-disk, --processors) makes the machine a hypothetical one.
    """
    from wslcfg.cli.plan import run_plan
    from wslcfg.cli.proposing import Answers

    answers = Answers(host_ram, windows_use, tuple(service or ()), sessions, free_disk, processors)
    return run_plan(flags(ctx), profile, answers, file, out, explain=explain, check=check)


def apply(
    ctx: typer.Context,
    profile: Profile = "",
    plan: Annotated[str, typer.Option("--plan", metavar="FILE", help="A plan that `wslcfg plan --out` saved.")] = "",
    host_ram: HostRam = "",
    windows_use: WindowsUse = "",
    service: Services = None,
    sessions: Sessions = None,
    free_disk: FreeDisk = "",
    processors: Processors = None,
    minutes: Annotated[
        int | None,
        typer.Option("--try", metavar="MINUTES", help="Restart WSL, and take it back unless `confirm` follows in time.", min=1, max=1440),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    accept: Accept = None,
    root: Root = "",
) -> Result:
    """Carry out a profile's proposal, or a saved plan: the old bytes are kept first, then the file is replaced whole."""
    from wslcfg.cli.apply import run_apply
    from wslcfg.cli.proposing import Answers
    from wslcfg.cli.shared import Consent

    answers = Answers(host_ram, windows_use, tuple(service or ()), sessions, free_disk, processors)
    return run_apply(flags(ctx), profile, plan, answers, Consent(yes, dry_run, tuple(accept or ()), root), minutes=minutes)


def status(
    ctx: typer.Context,
    profile: Annotated[str, typer.Argument(metavar="[PROFILE]", help="Compare with this profile too.", autocompletion=_profiles)] = "",
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when the file is not as wanted or a restart is pending.")] = False,
) -> Result:
    """Show base, actual and target per setting, what the VM really has, and whether a restart is pending."""
    from wslcfg.cli.status import run_status

    return run_status(flags(ctx), profile, check=check)


def history(
    ctx: typer.Context,
    what: Annotated[list[str] | None, typer.Argument(metavar="[show N | diff N M | prune]", help="List when left out.")] = None,
    keep: Annotated[int, typer.Option("--keep", metavar="N", help="prune: keep at least the N newest.", min=0, max=1_000_000)] = 20,
    keep_days: Annotated[int, typer.Option("--keep-days", metavar="N", help="prune: keep what is younger.", min=0, max=36500)] = 90,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """List generations, show one, compare two, or forget old ones."""
    from wslcfg.cli.history import run_history
    from wslcfg.cli.shared import Consent

    return run_history(flags(ctx), tuple(what or ()), keep, keep_days, Consent(yes, dry_run))


def rollback(
    ctx: typer.Context,
    number: Annotated[int | None, typer.Argument(metavar="[N]", help="The generation; the one before the live one when left out.")] = None,
    key: Annotated[str, typer.Option("--key", metavar="KEY", help="Only this setting.")] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    accept: Accept = None,
    root: Root = "",
) -> Result:
    """Go back to what a generation left; that is itself a new generation, so a rollback can be rolled back."""
    from wslcfg.cli.rollback import run_rollback
    from wslcfg.cli.shared import Consent

    return run_rollback(flags(ctx), number, key, Consent(yes, dry_run, tuple(accept or ()), root))


def get(ctx: typer.Context, key: Key, file: File = "") -> Result:
    """Print what a setting is: what WSL will use, from the file or by default."""
    from wslcfg.cli.get import run_get

    return run_get(flags(ctx), key, file)


def set_(
    ctx: typer.Context,
    settings: Annotated[
        list[str], typer.Argument(metavar="KEY=VALUE...", help="wsl2.memory=8GB, wsl.conf:boot.systemd=true …", autocompletion=_settings)
    ],
    file: File = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    accept: Accept = None,
    root: Root = "",
) -> Result:
    """Set single settings; every other byte of the file stays."""
    from wslcfg.cli.settings import run_set
    from wslcfg.cli.shared import Consent

    return run_set(flags(ctx), tuple(settings), file, Consent(yes, dry_run, tuple(accept or ()), root))


def unset(
    ctx: typer.Context,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="wsl2.memory …", autocompletion=_settings)],
    file: File = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    accept: Accept = None,
    root: Root = "",
) -> Result:
    """Remove single settings, so that WSL's defaults hold again."""
    from wslcfg.cli.settings import run_unset
    from wslcfg.cli.shared import Consent

    return run_unset(flags(ctx), tuple(keys), file, Consent(yes, dry_run, tuple(accept or ()), root))


def lint(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="The file; this person's .wslconfig when left out, - for stdin.")] = "",
    target: Annotated[
        str,
        typer.Option(
            "--target",
            metavar="WHICH",
            help="wslconfig or wslconf; told from the name when left out.",
            autocompletion=_of("wslconfig", "wslconf"),
        ),
    ] = "",
    host_ram: HostRam = "",
    processors: Processors = None,
    policy: Annotated[list[str] | None, typer.Option("--policy", metavar="NAME=VALUE", help="A WSL policy (repeatable).")] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="FORM", help="text, json or github.", autocompletion=_of("text", "json", "github"))
    ] = "text",
    fix: Annotated[bool, typer.Option("--fix", help="Propose a plan that mends what can be mended without a choice.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    accept: Accept = None,
) -> Result:
    """Say what WSL will read from a file, and every mistake in it; errors and warnings make the exit code 1."""
    from wslcfg.cli.lint import LintAsked, run_lint
    from wslcfg.cli.shared import Consent

    asked = LintAsked(file, target, host_ram, processors, tuple(policy or ()), form)
    return run_lint(flags(ctx), asked, Consent(yes, dry_run, tuple(accept or ())), fix=fix)


def explain(
    ctx: typer.Context,
    key: Annotated[
        str, typer.Argument(metavar="[KEY]", help="section.key; every setting is listed when left out.", autocompletion=_settings)
    ] = "",
    file: File = "",
) -> Result:
    """Explain a setting: meaning, type, default, range, since, source, what the file says and what WSL makes of it."""
    from wslcfg.cli.explain import run_explain

    return run_explain(flags(ctx), key, file)


def profile_list(ctx: typer.Context) -> Result:
    """List the built-in profiles and your own."""
    from wslcfg.cli.profile import run_list

    return run_list(flags(ctx))


def profile_show(
    ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="A profile's name or file.", autocompletion=_profiles)]
) -> Result:
    """Show a profile with everything it extends, and where each value comes from."""
    from wslcfg.cli.profile import run_show

    return run_show(flags(ctx), name)


def profile_check(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Profiles or files.", autocompletion=_profiles)],
) -> Result:
    """Check profiles: every unknown key and bad value with its place; exit 1 when there is one."""
    from wslcfg.cli.profile import run_check

    return run_check(flags(ctx), tuple(names))


def profile_save(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The profile's name (kept with your own) or a path ending in .toml.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> Result:
    """Turn what this machine's files say now into a profile; updating one keeps its comments."""
    from wslcfg.cli.profile_save import run_save
    from wslcfg.cli.shared import Consent

    return run_save(flags(ctx), name, Consent(yes, dry_run))


def schema(
    ctx: typer.Context,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND]", help="A command, as `plan` or `profile show`; their names when left out.")
    ] = None,
    data: Annotated[bool, typer.Option("--data", help="Only the schema of `data`, without the envelope.")] = False,
) -> Result:
    """Print the JSON Schema of a command's answer; with --data that of its `data` alone."""
    from wslcfg.cli.schema import run_schema

    flags(ctx)
    return run_schema(" ".join(command or ()), data_only=data)


def completion(
    ctx: typer.Context,
    shell: Annotated[
        str, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.", autocompletion=_of("bash", "zsh", "fish", "powershell"))
    ],
) -> Result:
    """Print the completion script of a shell."""
    from wslcfg.cli.completion import run_completion

    flags(ctx)
    return run_completion(shell)
