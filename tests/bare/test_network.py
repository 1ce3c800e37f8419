"""install.sh from the source in an organisation's network: a proxy with a password, a CA of its own, and nothing at all; by pip and by uv."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.bare.conftest import Bare, Organisation
from tests.bare.test_install import AS_ANA, SOURCE, two_lines, unpacked
from tests.house.source import ROOT
from wslcfg import __version__

pytestmark = pytest.mark.slow

# A distro that knows the CAs of the world, here one that is nobody's; and the names of the organisation, whose index pip and uv use.
WORLD = "mkdir -p /etc/ssl/certs; cp /src/world.pem /etc/ssl/certs/ca-certificates.crt; echo 127.0.0.1 proxy.corp >>/etc/hosts"
DIRECT = "echo 127.0.0.1 packages.corp >>/etc/hosts"
KNOWN = f"{DIRECT}; cat /src/corp.pem >>/etc/ssl/certs/ca-certificates.crt"
INDEX = ("PIP_INDEX_URL=https://packages.corp/simple", "UV_DEFAULT_INDEX=https://packages.corp/simple")
PROXY = "HTTPS_PROXY=http://proxy.corp:3128"
LOGIN = "HTTPS_PROXY=http://ana:p%40ss%3Aword@proxy.corp:3128"

Install = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def install(bare: Bare, organisation: Organisation, request: pytest.FixtureRequest) -> Install:
    """Run install.sh as ana, in a distro that has this tool, with these variables."""

    def _install(tool: str, *variables: str, before: str = ":") -> CompletedProcess[str]:
        extra = [*SOURCE, *((ROOT / name, f"/src/{name}") for name in ("README.md", "LICENSE", "profiles"))]
        extra += [(organisation.ca, "/src/corp.pem"), (organisation.world, "/src/world.pem")]
        if tool == "uv":
            extra.append((request.getfixturevalue("uv"), "/usr/bin/uv"))
        given = " ".join([*INDEX, "PIP_RETRIES=1", "UV_HTTP_RETRIES=0", *variables])
        line = "sh /src/install.sh --no-start && ~/.local/bin/wslcfg --version"
        return bare.run(f"{unpacked(tool)}; {WORLD}; {before}; {AS_ANA} {given} sh -euc '{line}'", extra=extra, network=organisation)

    return _install


@pytest.mark.parametrize(
    ("tool", "variables", "before"),
    [
        pytest.param("pipx", (LOGIN, "PIP_CERT=/src/corp.pem"), ":", id="pipx-venv-proxy"),
        pytest.param("uv", (LOGIN, "SSL_CERT_FILE=/src/corp.pem"), ":", id="uv-proxy"),
        pytest.param("pip", (), KNOWN, id="externally-managed-pip"),
        pytest.param("uv", (), KNOWN, id="uv"),
    ],
)
def test_installed(tool: str, variables: tuple[str, ...], before: str, install: Install, organisation: Organisation) -> None:
    """With the proxy's login and the CA, named or known to the distro, it is installed; where there is a proxy everything goes through it."""
    done = install(tool, *variables, before=before)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(f"wslcfg {__version__}\n")
    asked = organisation.asked()
    assert any(line.startswith("index /simple/typer") for line in asked), asked
    assert any(line.startswith("proxy ") for line in asked) == bool(variables)
    assert not [line for line in asked if line.startswith("proxy refused")]


@pytest.mark.parametrize(("tool", "variable"), [("venv", "PIP_CERT"), ("uv", "SSL_CERT_FILE")])
def test_each_obstacle_is_named(tool: str, variable: str, bare: Bare, install: Install, organisation: Organisation) -> None:
    """Each of: no network, a proxy without its login, a CA that nobody knows, ends in the one line to run, and leaves nothing."""
    what, do = two_lines(install(tool))
    assert "no network" in what and "HTTPS_PROXY=http://PROXY:PORT" in do and "run: sh /src/install.sh" in do
    what, do = two_lines(install(tool, PROXY))
    assert "name and a password" in what
    assert do.startswith("Run: export HTTPS_PROXY=http://NAME:PASSWORD@proxy.corp:3128 && sh /src/install.sh ")
    assert "proxy refused packages.corp:443" in organisation.asked()
    what, do = two_lines(install(tool, LOGIN))
    assert "certificate" in what
    assert do.startswith(f"Run: export {variable}=/PATH/OF/THAT-CA.pem && sh /src/install.sh ")
    assert not list((bare.upper / "home/ana").rglob("versions/*"))
    # What pip and uv said is kept for an issue, without the password.
    kept = [path.read_text() for path in (bare.upper / "tmp").glob("wslcfg-install-log.*")]
    assert len(kept) == 3 and not any("p%40ss" in text for text in kept)


def test_the_single_file_asks_nobody(bare: Bare, pyz: Path, organisation: Organisation) -> None:
    """wslcfg.pyz is installed behind such a proxy without a login, a CA or a single request."""
    beside = [(pyz, "/media/wslcfg.pyz"), (pyz.parent / "install.sh", "/media/install.sh")]
    line = "sh /media/install.sh --no-start && ~/.local/bin/wslcfg --version"
    done = bare.run(f"{DIRECT}; {AS_ANA} {PROXY} sh -euc '{line}'", extra=beside, network=organisation)
    assert done.returncode == 0, done.stdout + done.stderr
    assert organisation.asked() == []


def test_a_python_of_uv(bare: Bare, pyz: Path, uv: Path, old_python: Path) -> None:
    """Without python3 but with uv: the line to run needs no root, and a Python that uv has fetched, which no PATH leads to, serves."""
    beside = [(pyz, "/media/wslcfg.pyz"), (pyz.parent / "install.sh", "/media/install.sh"), (uv, "/usr/bin/uv")]
    gone = "rm -f /usr/bin/python3*"
    what, do = two_lines(bare.run(f"{gone}; {AS_ANA} sh /media/install.sh", extra=beside))
    assert "python3 was not found" in what
    assert do == "Run: uv python install 3.12 && sh /media/install.sh --offline /media/wslcfg.pyz"
    fetched = "/home/ana/.local/share/uv/python/cpython-3.10.13-linux-x86_64-gnu"
    line = "sh /media/install.sh --no-start && ~/.local/bin/wslcfg --version"
    lent = f"{gone}; mkdir -p {fetched}; cp -a /opt/python/. {fetched}; echo {fetched}/lib >/etc/ld.so.conf.d/lent.conf; ldconfig; chown -R 1000 /home/ana"
    done = bare.run(f"{lent}; {AS_ANA} sh -euc '{line}'", extra=[*beside, (old_python, "/opt/python")])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"with {fetched}/bin/python3.10 (3.10) ..." in done.stdout
