"""Act: write docs/lint.md and docs/settings.md from the data that lint and explain use; a test fails when they are stale."""

from __future__ import annotations

from pathlib import Path

from wslcfg.wslconf import meanings
from wslcfg.wslconf.keys import WSLCONF, WSLCONFIG, Setting
from wslcfg.wslconf.lint import RULES, STOPS_WSL
from wslcfg.wslconf.lint_texts import TEXTS

HERE = Path(__file__).parent

_LINT_HEAD = """# What lint finds

This page is made from the rules themselves by `make docs`. `wslcfg lint [FILE]` reads `.wslconfig` or `/etc/wsl.conf` as WSL does and
reports what WSL complains about and what it silently takes otherwise than meant. Ids are stable.

- **error**: WSL does not start, or ignores what the line plainly wants. **warning**: it works otherwise than it looks.
  **info**: worth knowing; info alone never makes `lint` exit 1.
- One problem in one line is one finding, of the most specific rule. Rules that need a fact (RAM, disk, policies, releases, files) that
  is not known find nothing.
- A rule marked *repairs itself* is mended by `lint --fix`, where there is only one sensible answer.
"""

_SETTINGS_HEAD = """# Every setting WSL knows

This page is made from wslcfg's own schema by `make docs`. Source: microsoft/WSL at 3e27a6a50177. The defaults are those of its code.
*GUI*: the WSL Settings app shows it. *Docs*: Microsoft documents it. *Since*: the first public release with it, 2.5.8 where nothing stands, the
first with public source. `wslcfg explain KEY` shows the same, with what your file says.
"""

# The rules with at least one mechanical repair; a test holds this against tidy.
REPAIRED = frozenset({
    "WC004", "WC020", "WC021", "WC024", "WC025", "WC027", "WC028", "WC029", "WC041", "WC043", "WC046", "WC047", "WC049",
    "WC060", "WC061", "WC062", "WC063", "WC075", "WC081", "WC082", "WC105",
})  # fmt: skip


def lint_page() -> str:
    """The text of docs/lint.md."""
    parts = [_LINT_HEAD]
    for rule in sorted(RULES, key=lambda rule: rule.id):
        text = TEXTS[rule.id]
        marks: list[str] = [rule.level]
        if rule.id in STOPS_WSL:
            marks.append("WSL does not start")
        if rule.id in REPAIRED:
            marks.append("repairs itself")
        parts.append(f"## {rule.id} {rule.title}\n\n*{', '.join(marks)}*. {text.about}\n")
        if text.example:
            example = text.example.replace("\r\n", "\n").replace("\0", "<NUL>").rstrip("\n")
            parts.append(f"```ini\n{example}\n```\n")
    return "\n".join(parts)


def settings_page() -> str:
    """The text of docs/settings.md."""
    parts = [_SETTINGS_HEAD]
    parts.append("## .wslconfig\n\nIt lies in the Windows profile folder and holds for all distros. Restart: `wsl --shutdown`.\n")
    parts.append(_table(WSLCONFIG))
    parts.append("## /etc/wsl.conf\n\nIt lies in each distro and holds for that one. Restart: `wsl --terminate DISTRO`.\n")
    parts.append(_table(WSLCONF))
    return "\n".join(parts)


def _table(settings: tuple[Setting, ...]) -> str:
    rows = ["| setting | type | default | meaning | GUI | docs | since | source |", "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for setting in settings:
        texts = meanings.meaning(setting)
        name = "<br>".join(f"`{one}`" for one in (setting.name, *setting.aliases))
        sentences = [texts.what]
        if texts.range:
            sentences.append(f"Values: {texts.range}.")
        if texts.note:
            sentences.append(texts.note)
        if setting.policy:
            sentences.append(f"Policy: `{setting.policy}`.")
        since = "" if setting.since == "2.5.8" else setting.since or "after 2.9.4"
        cells = [
            name, setting.type, meanings.default_text(setting), " ".join(sentences), "yes" if setting.gui else "",
            "yes" if setting.documented else "", since, meanings.source(setting).rpartition("/")[2],
        ]  # fmt: skip
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


PAGES = {"lint.md": lint_page, "settings.md": settings_page}


def main() -> None:
    """Write both pages."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
