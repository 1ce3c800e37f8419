"""The launcher's shell reads what Python reads: sizes, the settings file and records mean the same to both."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.launch.conftest import RESOURCES, SHELLS
from wslcfg.errors import Refused
from wslcfg.inside.conf import unworkable
from wslcfg.model.inside import BACKUP_KEYS, LAUNCHER_KEYS, parse_conf, parse_record
from wslcfg.model.size import human, parse

# In the shell -> in CONF.
KEYS = {
    "max": "session-max",
    "high": "session-high",
    "swap": "session-swap",
    "tasks": "tasks-max",
    "policy": "oom-policy",
    "whole": "kill-whole-session",
    "adj": "oom-score",
    "without": "without-limit",
    "folder": "boot-folder",
    "twice": "duplicates",
    "ids": "session-ids",
    "program": "wslcfg",
}


def functions(*names: str, file: str = "launcher") -> str:
    """The text of some of the launcher's functions."""
    text = (RESOURCES / f"{file}.sh").read_text()
    found = [re.search(rf"^{name}\(\) \{{\n.*?^\}}(?: 2>/dev/null)?$", text, re.M | re.S) for name in names]
    assert all(found), names
    return "\n".join(match[0] for match in found if match)


def shell(script: str, *words: str) -> str:
    """What a script prints under dash, which is sh on Debian and Ubuntu."""
    done = subprocess.run(["dash", "-c", script, "sh", *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == "", done
    return done.stdout


SIZES = [
    "4GB",
    "4gb",
    "0.5GB",
    "6144MB",
    "8G",
    "1.5 GiB",
    "512 mb",
    "67108864",
    "0",
    "0GB",
    "007GB",
    "1.25T",
    "64K",
    "100B",
    " 2GB ",
    "3.999GB",
]
NO_SIZES = ["", "GB", "4qB", "4096", "1.2.3G", "-1G", "+1G", "4 G B", ".5GB", "5.GB", "0x10G", "9999999999999G", "1e3M", "4GB2", "$HOME"]


def test_sizes_mean_the_same() -> None:
    """Each spelling that wslcfg takes gives the same bytes in the launcher, and each that it refuses is refused there."""
    script = functions("_w_trim", "_w_size") + '\nfor _w_x in "$@"; do if _w_size "$_w_x"; then echo "$_w_v"; else echo no; fi; done'
    wanted = []
    for text in [*SIZES, *NO_SIZES]:
        try:
            wanted.append(str(int(parse(text, exact=False))))
        except Refused:
            wanted.append("no")
    assert shell(script, *SIZES, *NO_SIZES).split() == wanted
    assert "no" not in wanted[: len(SIZES)] and set(wanted[len(SIZES) :]) == {"no"}


def test_sizes_are_said_the_same() -> None:
    """What the launcher says of a number of bytes is what wslcfg says; below a megabyte, which is no session's, it rounds."""
    numbers = [0, 1 << 20, 128 << 20, 860 << 20, 1000 << 20, 1 << 30, 3 << 29, (4 << 30) - 1, 10 << 30, 123456789012]
    script = functions("_w_human") + '\nfor _w_x in "$@"; do _w_human "$_w_x"; echo "$_w_v"; done'
    assert shell(script, *map(str, numbers)).splitlines() == [human(number) for number in numbers]


LINE = st.one_of(
    st.sampled_from(["[launcher]", " [launcher] ", "[ launcher\t]", "[backup]", "[other]", "# a = b", "; a = b", "", "   ", "word", "= x"]),
    st.builds(
        lambda key, left, right, value: f"{left}{key}{right}={left}{value}{right}",
        st.sampled_from([*LAUNCHER_KEYS, *BACKUP_KEYS, "unknown"]),
        st.sampled_from(["", " ", "\t", "  "]),
        st.sampled_from(["", " ", "\r"]),
        st.sampled_from(
            [
                "",
                "1",
                "0",
                "50",
                "1001",
                "67108863",
                "4294967296",
                "99999999999999999999",
                "warn",
                "a b",
                "a=b",
                "$HOME",
                "`id`",
                "\\n",
                "'",
                '"x"',
                "*",
                "# no comment",
                "ä",
            ]
        ),
    ),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(lines=["[launcher]", "session-max = 67108863", "slice-max = 4", "tasks-max = 49", "oom-score = 1001"], end="\n")
@example(lines=["[launcher]", "session-max = 67108864", "slice-max = 67108864", "tasks-max = 50", "oom-score = 1000"], end="\n")
@given(lines=st.lists(LINE, max_size=25), end=st.sampled_from(["", "\n"]))
def test_the_settings_file_means_the_same(lines: list[str], end: str, tmp_path: Path) -> None:
    """The launcher reads from any settings file what `parse_conf` reads; only a number that cannot work it leaves out, the same that `install` warns of."""
    text = "\n".join(lines) + end
    file = tmp_path / "conf"
    file.write_text(text, newline="")
    names = [*KEYS, "backups", "every"]
    tell = "\n".join(f'printf "%s\\0" "$_w_{name}"' for name in names)
    script = "_w_say() { :; }\n" + functions("_w_trim", "_w_settings") + f"\n_w_door=run _w_conf=$1\n_w_settings\n{tell}"
    conf = parse_conf(text)
    wanted = [conf.get("launcher", KEYS[name]) for name in KEYS] + [conf.get("backup", "enabled"), conf.get("backup", "every-minutes")]
    for at, name in enumerate(names):
        # How often backups are made is a number as well.
        if unworkable("session-swap" if name == "every" else KEYS.get(name, ""), wanted[at]):
            wanted[at] = {"tasks": "2000", "adj": "200"}.get(name, "")
    assert shell(script, str(file)).split("\0")[:-1] == wanted


@pytest.mark.parametrize("name", list(SHELLS))
def test_records_keep_every_text(name: str) -> None:
    """A value with backslashes and line breaks comes back as it was; control characters, which nobody typed, are left out."""
    texts = ["plain", "a\\b", "a\nb", "\\n is no break", "end\\", "two\n\nbreaks", "=x=", "ä 😀", "'", '"$x`y`', "%s%b"]
    script = (
        '_w_nl="\n"\n'
        + functions("_w_put", file="watcher")
        + '\n_w_record=""\nfor _w_x in "$@"; do _w_n=$((_w_n + 1)); _w_put "k$_w_n" "$_w_x"; done\nprintf %s "$_w_record"'
    )
    done = subprocess.run(
        [*SHELLS[name], "-c", script, "sh", *texts, "bell\a\x1b[31m"], capture_output=True, text=True, timeout=60, check=True
    )
    record = parse_record(done.stdout)
    assert [record[f"k{number}"] for number in range(1, len(texts) + 1)] == texts
    assert record[f"k{len(texts) + 1}"] == "bell[31m"
