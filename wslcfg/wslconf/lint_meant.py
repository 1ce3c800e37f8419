"""Think: the value a person meant by one that WSL cannot read, where there is only one answer."""

from __future__ import annotations

from wslcfg.errors import Refused
from wslcfg.model.late import late
from wslcfg.model.size import parse, wsl
from wslcfg.wslconf.guess import guess_choice
from wslcfg.wslconf.keys import Setting
from wslcfg.wslconf.values import parsed

_YES = frozenset({"yes", "on", "y", "enable", "enabled", "t", "true", "1"})
_NO = frozenset({"no", "off", "n", "disable", "disabled", "f", "false", "0"})

# An integer as people write it: leading zeros that are not meant as octal (08), or a fraction of zeros (8.0).
_INTEGER = late(r"0*([0-9]+)(?:\.0+)?")
_DECIMAL = late(r"[1-7][0-7]*")


def meant(setting: Setting, text: str) -> str | None:
    """The value as it should stand in the file: `8gb` -> `8GB`, `no` -> `false`, `08` -> `8`, `gradualy` -> `Gradual`.

    What WSL reads as meant comes back as it is; None where there is no answer, or more than one (`50%`, `abc`).
    """
    bare = text.strip().strip("\"'").strip()
    if parsed(setting, text) is not None:
        if setting.name == "wsl2.networkingMode" and bare.lower() == "consomme":
            return "VirtioProxy"  # the word that every release takes
        if setting.name == "filesystem.umask" and _DECIMAL.fullmatch(bare):
            return f"0{bare}"  # a umask is octal to everybody but C without the 0
        return text
    if setting.type == "memory":
        try:
            return wsl(parse(bare))
        except Refused:
            return None
    if setting.type == "bool":
        return "true" if bare.lower() in _YES else "false" if bare.lower() in _NO else None
    if setting.type == "int":
        match = _INTEGER.fullmatch(bare)
        return match[1] if match and len(match[1]) < 11 and int(match[1]) < 1 << 31 else None
    return guess_choice(bare, setting) if setting.type == "enum" else None
