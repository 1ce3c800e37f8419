"""Think: did you mean. Kept apart from `keys`, because difflib costs 3 ms at import and only a mistake needs it."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

from wslcfg.wslconf import keys

if TYPE_CHECKING:
    from wslcfg.model.wslfile import Target
    from wslcfg.wslconf.keys import Setting

# How alike two key names must be. `memroy` ~ `memory` is 0.83, `mem` ~ `memory` 0.67; `swap` ~ `swapFile` at 0.67 must not pass.
_ALIKE = 0.75

# Names people write that no likeness finds: other tools' words and old names (issues and Q&A threads of microsoft/WSL).
_WORDS = {
    "cpu": "wsl2.processors", "cpus": "wsl2.processors", "cores": "wsl2.processors", "ram": "wsl2.memory", "mem": "wsl2.memory",
    "maxmemory": "wsl2.memory", "memorylimit": "wsl2.memory", "swapsize": "wsl2.swap", "swappath": "wsl2.swapFile",
    "memoryreclaim": "experimental.autoMemoryReclaim", "network": "wsl2.networkingMode", "networkmode": "wsl2.networkingMode",
    "idletimeout": "wsl2.vmIdleTimeout", "gui": "wsl2.guiApplications", "guiapps": "wsl2.guiApplications",
    "defaultuser": "user.default", "mountfstabs": "automount.mountFsTab",
}  # fmt: skip


@lru_cache(maxsize=4096)
def guess(name: str, target: Target = "wslconfig") -> str | None:
    """The setting that an unknown `section.key` (or a bare key) most likely means, in Microsoft's spelling; None when nothing is near.

    A key that stands in a wrong section is meant before one that is spelled alike: `wsl2.autoMemoryReclaim` ->
    `experimental.autoMemoryReclaim`. The answer is one name or none: two that are equally near are no answer.
    """
    section, _, key = name.lower().rpartition(".")
    known = keys.settings_of(target)
    same_key = [setting.name for setting in known if setting.key.lower() == key]
    if same_key:
        return _in_section(same_key, section)
    word = _WORDS.get(key)
    if word is not None and keys.find(word, target) is not None:
        return word
    scored = sorted(((_likeness(key, setting.key.lower()), setting.name) for setting in known), reverse=True)
    best = scored[0][0]
    if best < _ALIKE:
        return None
    return _in_section([candidate for score, candidate in scored if score == best], section)


def _in_section(names: list[str], section: str) -> str | None:
    """The one name, or the one whose section is (nearly) the one written; `enabled` alone stands in four sections."""
    if len(names) == 1:
        return names[0]
    scored = sorted(((_likeness(section, name.partition(".")[0].lower()), name) for name in names), reverse=True)
    if scored[0][0] >= _ALIKE and scored[0][0] > scored[1][0]:
        return scored[0][1]
    return None


def _likeness(one: str, other: str) -> float:
    """How alike two words are, 0 to 1; 0 where it is below what counts, which the quick bounds tell much faster than the ratio."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def guess_section(name: str, target: Target = "wslconfig") -> str | None:
    """The section that a misspelt header most likely means: `ws12`, `wsl`, `WSL2` -> `wsl2`; None when nothing is near."""
    sections = sorted({setting.section for setting in keys.settings_of(target)})
    scored = sorted(((_likeness(name.lower(), section.lower()), section) for section in sections), reverse=True)
    return scored[0][1] if scored[0][0] >= _ALIKE else None


# What people write for a word of an enum, beside misspellings.
_CHOICES = {"false": "disabled", "off": "disabled", "no": "disabled", "disable": "disabled", "0": "disabled"}


def guess_choice(text: str, setting: Setting) -> str | None:
    """The word of an enum that a wrong one most likely means, as it should stand in the file; None when nothing is near.

    `gradualy` -> `Gradual`, `drop_cache` -> `DropCache`, `off` -> `Disabled` where there is such a word. Consomme is written
    VirtioProxy, which every release takes.
    """
    written = {choice.lower(): choice for choice in setting.choices}
    written.update({synonym.lower(): synonym for synonym, _ in setting.synonyms})
    word = "".join(letter for letter in text.lower() if letter.isalnum())
    word = _CHOICES.get(word, word)
    scored = sorted(((_likeness(word, choice), choice) for choice in written), reverse=True)
    if not word or scored[0][0] < _ALIKE:
        return None
    found = written[scored[0][1]]
    return next((synonym for synonym, canonical in setting.synonyms if canonical == found), found)
