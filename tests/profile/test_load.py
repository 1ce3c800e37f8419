"""Loading profiles: built-in ones, a person's own, chains, and every mistake with its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wslcfg.errors import Refused, Unreadable
from wslcfg.model.profile import Origin, Value
from wslcfg.profile import builtin, load, shape
from wslcfg.profile.merge import merge, merge_all
from wslcfg.profile.place import places

BUILT_IN = ("agents-heavy", "balanced", "base", "large-host", "services", "small-8gb", "swap-first", "team-example")


def reader(files: dict[str, str]):
    """A `read` over texts by path."""
    return lambda path: files[path].encode() if path in files else None


def nothing(path: str) -> None:
    """A `read` for a machine without any profile of its own."""


def test_the_shipped_profiles_are_the_promised_ones():
    """Exactly the promised profiles are shipped."""
    assert builtin.names() == BUILT_IN


@pytest.mark.parametrize("name", BUILT_IN)
def test_shipped_profiles_load(name):
    """Each shipped profile is sound, carries its own name and a description, and ends in base."""
    profile = load.load(name, nothing)
    assert profile.name == name and profile.description
    assert profile.chain[0] == "base" and profile.chain[-1] == name
    assert profile.get("launcher", "oom-policy") == "continue"


def test_base_says_the_defaults_and_nothing_of_wsl():
    """Base spells out the default of every key that has a value there, so the file and the code cannot drift apart."""
    profile = load.load("base", nothing)
    assert not profile.table("wslconfig") and not profile.table("wslconf")
    for (table, key), value in profile.values.items():
        default = shape.default(table, key)
        assert value.given == default or (default == "0" and value.given == "0GB"), (table, key)
    assert {key for _, key in profile.values} == {key.name for key in shape.KEYS} - {"swap-first", "include"}


def test_each_value_knows_its_origin():
    """A merged value says which profile and line it comes from."""
    profile = load.load("agents-heavy", nothing)
    assert profile.chain == ("base", "balanced", "agents-heavy")
    assert profile.values["wslconfig", "wsl2.memory"].origin.profile == "balanced"
    origin = profile.values["sizing", "sessions"].origin
    text = builtin.read("agents-heavy")[1].decode().splitlines()
    assert origin.profile == "agents-heavy" and text[origin.line - 1] == "sessions = 4"


def test_own_profiles_win_and_may_extend_the_built_in_one_of_their_name():
    """A person's `balanced` goes before the built-in one and can start from it."""
    files = {"/p/balanced.toml": 'schema = 1\nextends = "balanced"\n[sizing]\nsessions = 5\n'}
    profile = load.load("balanced", reader(files), "/p")
    assert profile.get("sizing", "sessions") == 5
    assert profile.get("wslconfig", "wsl2.memory") == "auto"
    assert profile.chain == ("base", "balanced", "balanced")


def test_built_in_profiles_extend_built_in_ones_only():
    """A person's own `base` does not change what `balanced` means."""
    files = {"/p/base.toml": "schema = 1\n[sizing]\nsessions = 9\n"}
    assert load.load("balanced", reader(files), "/p").get("sizing", "sessions") == 2


def test_available_profiles():
    """The list has every name once; a person's own hides the built-in one and says so."""
    found = {profile.name: profile for profile in load.available(lambda path: ("balanced.toml", "mine.toml", "notes.txt"), "/p")}
    assert set(found) == {*BUILT_IN, "mine"}
    assert (found["balanced"].path, found["balanced"].own, found["balanced"].hides) == ("/p/balanced.toml", True, True)
    assert (found["mine"].hides, found["base"].own) == (False, False)


def test_paths_extend_beside_themselves():
    """A relative `extends` is looked up beside the file that says it."""
    files = {
        "/team/laptops/ana.toml": 'schema = 1\nextends = "../team.toml"\n',
        "/team/team.toml": 'schema = 1\nextends = "swap-first"\n[wslconfig]\n"wsl2.swap" = "12GB"\n',
    }
    profile = load.load("/team/laptops/ana.toml", reader(files))
    assert profile.chain == ("base", "swap-first", "team", "ana")
    assert profile.get("wslconfig", "wsl2.swap") == "12GB"


def test_services_of_a_chain_add_up():
    """A team's services add to those of the profile it extends."""
    files = {
        "/a.toml": 'schema = 1\n[sizing]\nservices = { PostgreSQL = "0.5GB", Redis = "64MB" }\n',
        "/b.toml": 'schema = 1\nextends = "a.toml"\n[sizing.services]\nPostgreSQL = "1GB"\n',
    }
    found = load.load("/b.toml", reader(files)).table("services")
    assert {name: value.given for name, value in found.items()} == {"PostgreSQL": "1GB", "Redis": "64MB"}


@pytest.mark.parametrize("chain", [{"/a.toml": "a.toml"}, {"/a.toml": "b.toml", "/b.toml": "a.toml"}])
def test_circles_are_refused(chain):
    """Profiles that extend each other in a circle are refused, not read for ever."""
    files = {path: f'schema = 1\nextends = "{other}"\n' for path, other in chain.items()}
    with pytest.raises(Refused, match="circle"):
        load.load("/a.toml", reader(files))


def test_an_endless_chain_is_refused():
    """A chain without end is refused."""
    with pytest.raises(Refused, match="more than"):
        load.load("/0.toml", lambda path: f'schema = 1\nextends = "{int(path[1:-5]) + 1}.toml"\n'.encode())


def test_an_unknown_name_lists_the_known_ones():
    """A name that does not exist is refused with those that do."""
    with pytest.raises(Refused) as refusal:
        load.load("blanced", nothing)
    assert "balanced" in refusal.value.hint


MISTAKES = [
    ("schema = 1\nextend = 'base'", 2, 1, "'extend' is unknown", "extends"),
    ("name = 'x'", 1, 1, "schema = 1", "schema"),
    ("schema = 2", 1, 1, "schema 2", "newer"),
    ("schema = 1\n[wslconfig]\n  wsl2.memry = '8GB'", 3, 3, "wsl2.memry", "wsl2.memory"),
    ("schema = 1\n[wslconfig]\n'wsl2.memory' = '8GX'", 3, 1, "column 1", "Use B"),
    ("schema = 1\n[wslconfig]\nwsl2.memory = 'min(8GB, hots)'", 3, 1, "column 10", "host"),
    ("schema = 1\n[wslconfig]\nwsl2.memory = 4096", 3, 1, "it is a size", "unit"),
    ("schema = 1\n[wslconfig]\nwsl2.processors = 'auto'", 3, 1, "whole number", "number"),
    ("schema = 1\n[wslconfig]\nwsl2.guiApplications = 'yes'", 3, 1, "on or off", "true or false"),
    ("schema = 1\n[wslconfig]\nboot.systemd = true", 3, 1, "unknown to WSL", "[wslconf]"),
    ("schema = 1\n[wslconfig]\nexperimental.sparseVhd = true", 3, 1, "corrupt", "Leave it out"),
    ("schema = 1\n[wslconfig]\nwsl2.memory = '8GB'\n'wsl2.memory' = '9GB'", 4, 1, "set twice", "Remove"),
    ("schema = 1\n[sizing]\nwindow-use = 'light'", 3, 1, "no key 'window-use'", "windows-use"),
    ("schema = 1\n[sizing]\nwindows-use = 'ligth'", 3, 1, "one of light", "light"),
    ("schema = 1\n[sizing]\nsessions = -1", 3, 1, "from 0 to 1000", "number"),
    ("schema = 1\n[sizing]\nsessions = true", 3, 1, "from 0 to 1000", "number"),
    ("schema = 1\n[sizing]\nservices = { PostgreSQL = 1 }", 3, 14, "services.PostgreSQL", "quotes"),
    ("schema = 1\n[sizing]\nsession = 'disk / 8'", 3, 1, "'disk'", "host"),
    ("schema = 1\n[launcher]\nprograms = 'claude'", 3, 1, "list of texts", "["),
    ("schema = 1\n[launcher]\nsession-max = 'some'", 3, 1, "'some'", "host"),
    ("schema = 1\nwslconfig = 3", 2, 1, "must be a table", "[wslconfig]"),
]


@pytest.mark.parametrize(("text", "line", "column", "said", "hint"), MISTAKES)
def test_mistakes_have_their_place_and_a_way_out(text, line, column, said, hint):
    """A mistake names file, line and column, says what is wrong and what to do."""
    with pytest.raises(Refused) as refusal:
        load.load("/t.toml", reader({"/t.toml": text}))
    assert refusal.value.message.startswith(f"/t.toml:{line}:{column}: ")
    assert said in refusal.value.message
    assert hint in refusal.value.hint


def test_all_mistakes_are_found_at_once():
    """Every mistake of a file is found, in the order of its lines."""
    text = "schema = 1\nextend = 1\n[guard]\npoll = 3\n[backup]\nenabled = 1\n"
    source = load.Source("t", "/t.toml", text.encode(), True)
    assert [mistake.line for mistake in load.examine(source).mistakes] == [2, 4, 6]


@pytest.mark.parametrize("text", [b"schema = \n", b"\xff\xfes", b"[" * 5000, b"a = 1\na = 2"])
def test_what_is_no_toml_is_unreadable(text):
    """A file that is not TOML or not UTF-8 is unreadable, with its path, and never a traceback."""
    with pytest.raises(Unreadable, match=r"/t\.toml"):
        load.load("/t.toml", lambda path: text)


def test_windows_line_ends_and_a_bom_are_fine():
    """A profile saved by a Windows editor loads, with the right lines."""
    text = b"\xef\xbb\xbfschema = 1\r\n\r\n[sizing]\r\nsessions = 3\r\n"
    profile = load.load("/t.toml", lambda path: text)
    assert profile.values["sizing", "sessions"] == Value(3, Origin("t", "/t.toml", 4))


def test_places_of_every_kind_of_toml():
    """Keys are found in headers, dotted and quoted keys, inline tables, and past strings and arrays that look like keys."""
    text = (
        'a = """x\n[no]\nb = 1"""\n[t.u] # [v]\n"q.r" = [1, # ]\n  "]", {z = 1}]\nm.n = { o = "=", p = \'#\' }\n'
        "[[list]]\nk = 1979-05-27T07:32:00Z # k = 2\nlast = true"
    )
    found = places(text)
    assert found["a",] == (1, 1)
    assert found["t", "u"] == (4, 2)
    assert found["t", "u", "q.r"] == (5, 1)
    assert found["t", "u", "m", "n", "o"] == (7, 9)
    assert found["t", "u", "m", "n", "p"] == (7, 18)
    assert found["list", "k"] == (9, 1)
    assert found["list", "last"] == (10, 1)
    assert ("no",) not in found


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab[]{}=\"'#.,\n\\ 1", max_size=80))
def test_places_end_on_any_text(text):
    """The walk ends on any text, whatever it holds."""
    assert all(line >= 1 and column >= 1 for line, column in places(text).values())


layers = st.dictionaries(
    st.tuples(st.sampled_from(shape.TABLES), st.sampled_from(["a", "b", "c"])),
    st.builds(Value, st.integers(0, 9), st.builds(Origin, st.sampled_from(["x", "y"]), st.just("f"), st.integers(1, 9))),
)


@settings(max_examples=100, deadline=None)
@given(layers, layers, layers)
def test_merge_is_associative(a, b, c):
    """It does not matter in which order a chain is folded; the last layer wins and origins survive."""
    assert merge(merge(a, b), c) == merge(a, merge(b, c)) == merge_all([a, b, c])
    assert all(merge(a, b)[key] == value for key, value in b.items())
