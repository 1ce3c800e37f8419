"""JSON Schemas of the commands around a restart of WSL; see `schemas`."""

from __future__ import annotations

from wslcfg.cli.schema_words import COUNT, FLAG, TEXT, TIME, Schema, listed, maybe, one_of, shape, size

_MEASURED = shape(wanted=maybe(size()), running=maybe(size()), as_wanted=maybe(FLAG))


def restart_schemas(generation: Schema, written: Schema, danger: Schema) -> dict[str, Schema]:
    """The schemas by command; the arguments are those of an entry of the history, of what every writer says, and of a danger."""
    verify = shape(
        verdict=one_of("good", "missed", "pending", "unknown"),
        generation=maybe(generation),
        marked=maybe(one_of("good")),
        boot=shape(id=maybe(TEXT), written_in={**maybe(TEXT), "description": "the boot in which the generation was written"}),
        memory=_MEASURED,
        swap={"allOf": [_MEASURED, shape(waited_seconds={"type": "number"})]},
        processors=shape(wanted=maybe(COUNT), running=maybe(COUNT), as_wanted=maybe(FLAG)),
        networking_mode=shape(wanted=maybe(TEXT), running=maybe(TEXT)),
        guesses=listed(shape(name=one_of("configured", "previous", "default"), memory=size(), mem_total=size("predicted"), matches=FLAG)),
        nearest=maybe(one_of("configured", "previous", "default")),
        problems=listed(shape(id=TEXT, message=TEXT, fix=TEXT)),
        wsl_warnings={**listed(TEXT), "description": "what WSL prints of this file when it starts"},
        wsl_printed={**maybe(listed(TEXT)), "description": "what it printed when `wslcfg restart` started it; null: nobody kept it"},
    )
    restart = shape(
        restarted=FLAG,
        distros={**maybe(listed(TEXT)), "description": "those that run; null: not known"},
        agents=listed(TEXT),
        containers=listed(TEXT),
        editors={**listed(TEXT), "description": "editors with a window into WSL, which bring it back"},
        docker_desktop=FLAG,
        sessions=listed(shape(provider=TEXT, id=TEXT, project=maybe(TEXT), resume=TEXT)),
        dangers=listed(danger),
        backup={**maybe(TEXT), "description": "the snapshot taken first; '': nothing was new; null: none was taken"},
        window=FLAG,
    )
    upgrade = shape(
        changed=FLAG,
        version={**TEXT, "description": "of the wslcfg that answers"},
        to=maybe(TEXT),
        source=maybe(TEXT),
        installed_by=one_of("own", "pipx", "uv", "pyz", "other"),
        distros=listed(shape(distro=TEXT, version=TEXT, at=TIME)),
    )
    return {"verify": verify, "restart": restart, "park": written, "upgrade": upgrade}
