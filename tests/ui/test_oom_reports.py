"""The three reports: what they say, that nothing of others gets through as markup, and that a browser shows the page."""

from __future__ import annotations

import itertools
import re
import shutil
import struct
import subprocess
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.oom.crashes import AT, capped, cascade, crash, reading, swarm
from wslcfg.oom.advice import advice
from wslcfg.oom.event import Seen
from wslcfg.oom.simulate import Settings
from wslcfg.oom.story import Advice, Around, Boot, Proof, Ran, Verdict
from wslcfg.oom.verdict import verdict
from wslcfg.ui.oom_charts import Mark, timeline
from wslcfg.ui.oom_html import page
from wslcfg.ui.oom_markdown import code, markdown
from wslcfg.ui.oom_screen import screen
from wslcfg.ui.oom_style import STYLE
from wslcfg.ui.paint import Paint
from wslcfg.ui.wrap import width_of

GIB = 1 << 30
EVIL = "</code><script>alert(1)</script>`|@everyone [x](http://evil.example) \"'"
VOID = {"meta", "rect", "circle", "line"}


def told(seen: Seen, text: str = "npm run serve") -> tuple[Verdict, tuple[Advice, ...], Around]:
    """A whole story, with something that ran."""
    around = Around(
        ran=(Ran("npm", AT, text, Proof("~/.npm/_logs/x", text, 3)),),
        looked=("~/.npm/_logs",),
        unchecked=("~/.zsh_history could not be read.",),
    )
    found = verdict(reading(capped(), seen), around)
    return (
        found,
        advice(found, Settings(memory=90 * GIB, swap=24 * GIB, session_max=8 * GIB, slice_max=40 * GIB), {"apply", "install"}),
        around,
    )


class Page(HTMLParser):
    """Reads a page strictly: every tag closed, ids once, labels that lead somewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """It has to be the one that is open."""
        assert self.open and self.open.pop() == tag, f"{tag} closes nothing"

    def handle_data(self, data: str) -> None:
        """Text."""
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def test_the_screen_fits_and_says_it() -> None:
    """The newest crash in full, the older one in a line, nothing wider than the terminal, no colour where none is wanted."""
    found, advices, _ = told(crash(swarm(), "node", follow_ups=cascade()))
    lines = screen(found, advices, Paint(on=False), width=100)
    text = "\n".join(lines)
    assert max(map(width_of, lines)) <= 100
    assert "\x1b" not in text
    for word in ("claude", "369", "########", "What would have helped", "wslcfg apply", "Not checked", "Before that"):
        assert word in text, word
    assert "\x1b[" in "\n".join(screen(found, advices, Paint(on=True)))


def test_the_page_is_whole_and_quiet() -> None:
    """One well-formed file: nothing is loaded, nothing runs, every section and picture has a name, tables have heads."""
    found, advices, around = told(crash(swarm(), "node", follow_ups=cascade()))
    text = page(found, advices, around, version="1", facts=(("Kernel", "6.18"),))
    read = Page(text)
    assert read.open == []
    names = [tag for tag, _ in read.tags]
    assert not {"script", "link", "img", "iframe", "object"} & set(names)
    assert not re.search(r"(?:src|href)=|url\(|@import|https?:", text)
    ids = [attrs["id"] for _, attrs in read.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert all(attrs.get("aria-labelledby", ids[0]) in ids for _, attrs in read.tags)
    pictures = [attrs for tag, attrs in read.tags if tag == "svg"]
    assert len(pictures) > 5 and all(attrs["role"] == "img" and attrs["aria-label"] for attrs in pictures)
    assert names.count("h1") == 1 and "caption" in names and "main" in names
    assert all("scope" in attrs for tag, attrs in read.tags if tag == "th")
    assert [attrs["tabindex"] for _, attrs in read.tags if attrs.get("class") == "scroll"] == ["0", "0"]
    assert next(attrs for tag, attrs in read.tags if tag == "html")["lang"] == "en"
    words = " ".join(read.words)
    assert "claude" in words and "What would have helped" in words and "Timeline" in words


@pytest.mark.parametrize("seen", [crash(swarm(), "node"), crash([], "x"), capped()], ids=["swarm", "no table", "capped"])
def test_nothing_of_others_becomes_markup(seen: Seen) -> None:
    """Names that processes and logs choose stay texts, in HTML and in Markdown."""
    found, advices, around = told(seen, EVIL)
    text = page(found, advices, around, version="1")
    assert "<script" not in text and Page(text).open == []
    written = markdown(found, advices, version="1")
    assert not re.search(r"^[^`]*(?<!\\)\[x\]", written, re.MULTILINE)
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", written)
    assert "@everyone" not in outside and "<script" not in outside.replace("\\<", "")


def test_code_in_markdown() -> None:
    """A text with backquotes gets a longer fence, and a bar does not end a cell."""
    assert code("a`b``c|d") == "```a`b``c\\|d```"
    assert code("`x`") == "`` `x` ``"


def test_the_page_of_an_ended_vm() -> None:
    """Without a kill the page tells how the VM ended."""
    last = Proof("journal of boot aaaa", "cron: session closed")
    around = Around(boots=(Boot("aaaa", -1, AT, AT, AT, "abrupt", last), Boot("bbbb", 0, AT, AT, None, "running")))
    found = verdict(reading(), around)
    text = page(found, advice(found, Settings(), {"set"}), around, version="1")
    assert Page(text).open == [] and "Windows ended the VM" in text and "session closed" in text
    assert "Windows ended the VM" in markdown(found, (), version="1")


def test_marks_never_hide_each_other() -> None:
    """Marks of one moment stand side by side on the line, however many there are at its end."""
    shown = [Mark("started", AT.replace(minute=0), "a"), *(Mark("systemd", AT, str(number)) for number in range(12))]
    places = sorted(int(x) for x in re.findall(r'm-systemd" cx="(-?\d+)"', timeline(shown)))
    assert len(places) == 12 and all(two - one >= 22 for one, two in itertools.pairwise(places))
    assert places[0] > 0 and places[-1] <= 720


def _luminance(colour: str) -> float:
    def part(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (part(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast() -> None:
    """In both schemes text stands out by 4.5, and bars and marks by 3, as WCAG 2 asks; free memory is meant to recede."""
    light, dark = (dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", block)) for block in re.findall(r":root\{([^}]*)\}", STYLE))
    for scheme in (light, dark):

        def ratio(one: str, other: str, scheme: dict[str, str] = scheme) -> float:
            bright, dim = sorted((_luminance(scheme[one]), _luminance(scheme[other])), reverse=True)
            return (bright + 0.05) / (dim + 0.05)

        for name in ("fg", "dim", "red", "green", "amber"):
            assert ratio(name, "bg") >= 4.5, name
            assert name in ("red", "green", "amber") or ratio(name, "card") >= 4.5, name
        for name in ("tasks", "swap", "cache", "slab", "tables", "huge", "kernel", "rest"):
            assert ratio(name, "bg") >= 3, name


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def _pixels(path: Path) -> tuple[int, int, set[bytes]]:
    """Width, height and colours of a PNG of 8 bits without interlace, as Chromium writes it."""
    raw = path.read_bytes()
    wide, high, depth, kind = struct.unpack(">IIBB", raw[16:26])
    size = {2: 3, 6: 4}[kind]
    assert depth == 8
    data, at = b"", 8
    while at < len(raw):
        length, name = struct.unpack(">I4s", raw[at : at + 8])
        data += raw[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    lines = zlib.decompress(data)
    colours, before, step = set(), bytes(wide * size), wide * size + 1
    for row in range(high):
        how, line = lines[row * step], bytearray(lines[row * step + 1 : (row + 1) * step])
        for place in range(len(line)):
            left = line[place - size] if place >= size else 0
            up, corner = before[place], before[place - size] if place >= size else 0
            if how == 4:
                guess = left + up - corner
                best = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
                line[place] = (line[place] + best) & 255
            elif how:
                line[place] = (line[place] + (left, up, (left + up) // 2)[how - 1]) & 255
        before = bytes(line)
        colours |= {before[place : place + 3] for place in range(0, len(before), size)}
    return wide, high, colours


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the page was parsed, but not drawn")
@pytest.mark.parametrize(("scheme", "ground"), [("1", "fcfcfa"), ("0", "16181b")], ids=["light", "dark"])
def test_a_browser_draws_it(scheme: str, ground: str, tmp_path: Path) -> None:
    """Chromium draws the page with the ground of the scheme that is preferred, and with the bars' colours on it."""
    found, advices, around = told(crash(swarm(), "node", follow_ups=cascade()))
    (tmp_path / "page.html").write_text(page(found, advices, around, version="1"), encoding="utf-8")
    shot = tmp_path / "shot.png"
    flags = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--window-size=480,520",
        f"--blink-settings=preferredColorScheme={scheme}",
    )
    subprocess.run(
        [str(CHROMIUM), *flags, f"--user-data-dir={tmp_path}/profile", f"--screenshot={shot}", (tmp_path / "page.html").as_uri()],
        capture_output=True,
        timeout=90,
        check=False,
    )
    if not shot.exists():
        pytest.skip("Chromium is here but does not start")
    _, _, colours = _pixels(shot)
    assert bytes.fromhex(ground) in colours
    wanted = dict(re.findall(r"--(\w+):#([0-9a-f]{6})", re.findall(r":root\{([^}]*)\}", STYLE)[scheme == "0"]))
    assert {bytes.fromhex(wanted["tasks"]), bytes.fromhex(wanted["swap"])} <= colours
