"""The pictures of the README are runs: the maker starts the real program in a pseudo-terminal and draws what it said."""

from __future__ import annotations

import re
import xml.etree.ElementTree

import pytest

from docs.make_pictures import PICTURES, Picture, draw, screen
from tests.house.source import ROOT
from wslcfg.cli.table import COMMANDS


def test_each_picture_shows_a_command() -> None:
    """Every picture runs a command that exists, and has a name of its own."""
    assert len({picture.name for picture in PICTURES}) == len(PICTURES) > 3
    assert {picture.arguments[0] for picture in PICTURES} <= set(COMMANDS)


def _shown(svg: str) -> str:
    """Every letter of the picture in order, without spaces: the drawing cuts a line where its colour changes."""
    return re.sub(
        r"\s",
        "",
        "".join("".join(text.itertext()) for text in xml.etree.ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")),
    )


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_each_picture_is_in_the_tree(picture: Picture) -> None:
    """The picture lies in docs/pictures, is well-formed, fetches nothing, and shows its command."""
    svg = (ROOT / "docs/pictures" / f"{picture.name}.svg").read_text(encoding="utf-8")
    assert f"wslcfg{''.join(picture.arguments)}" in _shown(svg)
    assert not re.search(r"url\(.?http|href=.http|@import", svg)


@pytest.mark.slow
def test_drawing_shows_what_the_terminal_showed() -> None:
    """A drawn picture holds every letter that the program printed, and the program printed colour."""
    (picture,) = [one for one in PICTURES if one.name == "plan"]
    said = screen(picture.arguments, picture.columns)
    assert "\x1b[" in said, "a person's terminal got no colour"
    plain = re.sub(r"\s", "", re.sub(r"\x1b\[[0-9;]*m", "", said))
    assert "memory" in plain
    assert plain in _shown(draw(picture))
