"""JSON Schemas of every command's `data`, written out so that scripts can rely on them; tests hold them against real output.

Keys may be added later, so no schema forbids unknown ones; those named here stay.
"""

from __future__ import annotations

from wslcfg.cli.schema_words import ANY, COUNT, FLAG, TEXT, TIME, Schema, datum, listed, maybe, one_of, shape, size
from wslcfg.cli.schemas_oom import OOM
from wslcfg.cli.schemas_repair import REPAIRS
from wslcfg.cli.schemas_restart import restart_schemas
from wslcfg.cli.schemas_sessions import SESSIONS
from wslcfg.cli.schemas_try import CONFIRM, OF_TRY

KEY_CHANGE = shape(file=TEXT, section=TEXT, key=TEXT, old=maybe(TEXT), new=maybe(TEXT), why=TEXT)
REPAIR = shape(file=TEXT, line=COUNT, old=maybe(TEXT), new=maybe(TEXT), why=TEXT)
DANGER = shape(id=TEXT, message=TEXT)
RESTART = one_of("none", "distro", "vm")
FINDING = shape(id=TEXT, level=one_of("error", "warning", "info"), line=maybe(COUNT), key=maybe(TEXT), message=TEXT, fix=maybe(TEXT))
WRITTEN = shape(
    changed=FLAG,
    generation=maybe(COUNT),
    changes=listed(KEY_CHANGE),
    repairs=listed(REPAIR),
    diff=TEXT,
    backup=maybe(TEXT),
    windows_backup=maybe(TEXT),
    restart_needed=FLAG,
    restart=RESTART,
)
# With --file there is no generation: the file is edited in place.
EDITED = {"anyOf": [WRITTEN, shape(changed=FLAG, changes=listed(KEY_CHANGE), repairs=listed(REPAIR), diff=TEXT)]}
SERVICE = shape(
    name=TEXT,
    unit=maybe(TEXT),
    current=maybe(size()),
    peak=maybe(size()),
    budget=maybe(size()),
    planned=size("what sizing counts"),
    how=TEXT,
    processes=COUNT,
    running=FLAG,
)
GENERATION = shape(
    number=COUNT,
    id=TEXT,
    kind=one_of("found", "foreign", "apply", "rollback"),
    state=one_of("pending", "candidate", "written", "abandoned", "undone", "good", "bad"),
    made_at=TIME,
    title=TEXT,
    command=TEXT,
    distro=TEXT,
    writer=maybe(TEXT),
    files=listed(shape(file=TEXT, path=TEXT, before=maybe(TEXT), after=maybe(TEXT))),
    changes=listed(KEY_CHANGE),
)
SIZING = shape(
    default_memory=size(),
    default_swap=size(),
    memory={**maybe(size()), "description": "bytes; null: leave the key out"},
    swap=maybe(size()),
    windows_reserve=size(),
    demand=size(),
    cap=size(),
    feasible=FLAG,
    session_max=size(),
    session_high={**maybe(size()), "description": "bytes; null: MemoryHigh is off"},
    session_swap=size(),
    slice_max=size(),
)
_HOST = (
    "ram", "ram_free", "windows_in_use", "page_total", "page_free", "processors", "build", "ubr", "disk_total", "disk_free",
)  # fmt: skip
_HOST_TEXTS = ("version", "architecture", "profile", "local_appdata", "temp", "system_drive", "wsl_version")
FACTS = shape(
    host=shape(
        **{name: datum(COUNT) for name in _HOST},
        **{name: datum(TEXT) for name in _HOST_TEXTS},
        policies=datum({"type": "object"}),
        distributions=datum({"type": "array"}),
        how=TEXT,
        taken_at=TIME,
    ),
    vm=shape(
        memory_total=datum(COUNT),
        memory_available=datum(COUNT),
        swap_total=datum(COUNT),
        swap_free=datum(COUNT),
        processors=datum(COUNT),
        kernel=datum(TEXT),
        boot_id=datum(TEXT),
        started_at=datum(TIME),
        cgroup_layout=datum(TEXT),
        swap_areas=listed(shape(path=TEXT, kind=TEXT, size=size(), used=size())),
    ),
    distro=shape(
        is_wsl=FLAG, name=datum(TEXT), os_name=datum(TEXT), systemd=datum(FLAG), cron=datum(TEXT), interop=datum(TEXT), user=datum(TEXT)
    ),
    services=datum(listed(SERVICE)),
    work=shape(agents=listed(TEXT), containers=listed(TEXT), distributions=listed(TEXT)),
)
# Only where pieces are installed inside the distro.
INSIDE: Schema = {
    "properties": {
        "pieces": listed(shape(name=TEXT, whole=maybe(FLAG))),
        "resolves": listed(shape(shell=TEXT, how=one_of("interactive", "login", "non-interactive"), path=maybe(TEXT), shim=FLAG, why=TEXT)),
        "backup": maybe(shape(last_success=maybe({"type": "object"}), last_failure=maybe({"type": "object"}))),
    }
}
STATUS = shape(
    settings=listed(
        shape(
            setting=TEXT,
            base=maybe(TEXT),
            actual=maybe(TEXT),
            effective=ANY,
            target=maybe(TEXT),
            running=maybe(COUNT),
            foreign=FLAG,
            differs=FLAG,
        )
    ),
    restart_pending=FLAG,
    generation=maybe(GENERATION),
    changed_since=listed(TEXT),
    limits_missed={"type": ["object", "null"], "description": "the boot that did not get its limits: at, boot, generation, numbers, why"},
)
PROFILE_VALUE = shape(table=TEXT, key=TEXT, value=ANY, profile=TEXT, file=TEXT, line=COUNT)

# By the command's full name, as the envelope's `command` has it. `history` and `explain` answer in several shapes.
DATA: dict[str, Schema] = {
    "setup": WRITTEN,
    "demo": shape(scenario=TEXT, steps=listed(shape(command=TEXT, exit_code=COUNT, data={"type": "object"})), bytes_restored=FLAG),
    "facts": FACTS,
    "plan": shape(
        machine={"type": "object"},
        sizing=SIZING,
        reasons=listed(shape(number=TEXT, because=TEXT)),
        changes=listed(KEY_CHANGE),
        diff=TEXT,
        needs_restart=FLAG,
        restart=RESTART,
        dangers=listed(DANGER),
    ),
    "apply": {"allOf": [WRITTEN, OF_TRY]},
    "confirm": CONFIRM,
    "rollback": WRITTEN,
    "status": {"allOf": [STATUS, INSIDE, OF_TRY]},
    "history": {
        "anyOf": [
            {"allOf": [shape(generations=listed(GENERATION), changed_since=listed(TEXT), problems=listed(TEXT)), OF_TRY]},
            {"allOf": [GENERATION, shape(diff=TEXT)]},
            {"type": "object", "properties": {"from": COUNT, "to": COUNT, "diff": TEXT}, "required": ["from", "to", "diff"]},
            shape(removed=listed(COUNT)),
        ]
    },
    "get": shape(key=TEXT, raw=maybe(TEXT), effective=ANY, line=maybe(COUNT), origin=one_of("file", "default")),
    "set": EDITED,
    "unset": EDITED,
    "lint": {
        "anyOf": [
            shape(
                target=one_of("wslconfig", "wslconf"),
                encoding=TEXT,
                defaults_for=shape(host_ram=maybe(size()), processors=maybe(COUNT)),
                effective={"type": "object"},
                wsl_warnings=listed(TEXT),
                fatal=maybe(TEXT),
                parse_aborted=FLAG,
                findings=listed(FINDING),
            ),
            EDITED,
        ]
    },
    "explain": {
        "anyOf": [
            shape(settings=listed(shape(key=TEXT, type=TEXT))),
            shape(
                name=TEXT,
                type=TEXT,
                file=TEXT,
                meaning=TEXT,
                default=ANY,
                default_text=TEXT,
                source=TEXT,
                raw=maybe(TEXT),
                line=maybe(COUNT),
                effective=ANY,
            ),
        ]
    },
    "profile list": shape(
        profiles=listed(shape(name=TEXT, own=FLAG, description=TEXT, chain=listed(TEXT), problem=maybe(TEXT))), folder=TEXT
    ),
    "profile show": shape(name=TEXT, description=TEXT, chain=listed(TEXT), values=listed(PROFILE_VALUE)),
    "profile check": shape(profiles=listed(shape(profile=TEXT, mistakes=listed(shape(message=TEXT, hint=TEXT))))),
    "profile save": shape(changed=FLAG, path=TEXT, text=TEXT),
    "oom": OOM,
    "run": shape(
        sessions=listed(
            shape(
                pid=COUNT,
                program=TEXT,
                door=one_of("run", "shim", "wrapper"),
                unit=TEXT,
                session=TEXT,
                cwd=TEXT,
                tty=TEXT,
                at=TIME,
                cgroup=TEXT,
                inside=FLAG,
                limit=maybe(size()),
                swap=maybe(size()),
                high=maybe(size()),
                current=maybe(size()),
                peak=maybe(size()),
                swap_current=maybe(size()),
                processes=COUNT,
            )
        ),
        without_limit=listed(shape(pid=COUNT, program=TEXT, cgroup=TEXT)),
        reports=listed(shape(name=TEXT, kind=one_of("killed", "lost", "escaped"), text=TEXT)),
    ),
    "completion": shape(shell=TEXT, script=TEXT, place=TEXT),
    "schema": {"type": "object", "description": "a JSON Schema, or `commands`: the names of those that have one"},
    **SESSIONS,
    **REPAIRS,
}

# Of the pieces inside the distro; their words stand in modules of their own.
PIECE_FILE = shape(path=TEXT, what=one_of("make", "change", "remove"), why=TEXT)
DATA["install"] = {
    "allOf": [
        WRITTEN,
        shape(
            components=listed(shape(name=TEXT, meaning=TEXT, chosen=FLAG, was_there=FLAG, root=FLAG, why=maybe(TEXT))),
            scheduler=maybe(one_of("systemd", "cron", "none")),
            files=listed(PIECE_FILE),
            settings=TEXT,
        ),
    ]
}
LEFT = shape(path=TEXT, components=listed(TEXT), why=TEXT, hint=TEXT)
DATA["uninstall"] = {"allOf": [WRITTEN, shape(components=listed(TEXT), files=listed(PIECE_FILE), left=listed(LEFT))]}

DATA |= restart_schemas(GENERATION, WRITTEN, DANGER)

MESSAGE = shape(level=one_of("note", "warning"), text=TEXT)
ERROR = shape(code=TEXT, message=TEXT, hint=TEXT)


def envelope(command: str, kind: Schema | None = None) -> Schema:
    """The schema of the whole answer of a command, or of one kind of its answers; on failure `data` is empty."""
    whole = shape(
        schema={"const": "wslcfg/1"},
        command={"const": command},
        ok=FLAG,
        exit_code=COUNT,
        data={"anyOf": [kind or DATA[command], {"type": "object", "maxProperties": 0}]},
        messages=listed(MESSAGE),
        errors=listed(ERROR),
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"wslcfg {command} --json", **whole}
