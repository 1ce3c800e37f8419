# `make demo` shows wslcfg at work; `make test` sets up what the tests need and runs them all. `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# One worker a core, each with whole files; the virtual machines see to their own number.
SHARED := -n auto --dist loadfile

.PHONY: help demo test test-fast fuzz check format bench bench-store docs pictures dist clean
.DEFAULT_GOAL := help

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

# The stamps keep a second run from installing again; a changed pyproject.toml makes them stale.
$(VENV)/.wslcfg: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "make: wslcfg needs Python 3.10 or newer; name one: make PYTHON=python3.11" >&2; exit 1; }
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "make: $(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.wslcfg
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/.wslcfg  ## the whole journey on a practice laptop, in a temporary folder
	@$(VENV)/bin/wslcfg demo

test: $(VENV)/.dev  ## every test: fast ones first, then slow ones, then the fast ones on each other Python that is here
	@sh .ci/tools
	$(RUN) -m pytest $(SHARED) -m 'not slow'
	$(RUN) -m pytest $(SHARED) -m 'slow and not vm'
	$(RUN) -m pytest -m vm
	@sh .ci/other-pythons $(RUN)

test-fast: $(VENV)/.dev  ## the fast tests alone
	$(RUN) -m pytest $(SHARED) -m 'not slow'

fuzz: $(VENV)/.dev  ## the property tests alone, with new examples each time
	WSLCFG_TEST_FUZZ=1 $(RUN) -m pytest $(SHARED) -m 'hypothesis and not slow'

check: $(VENV)/.dev  ## linters, formatter, types, shell scripts
	@sh .ci/tools
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	@if command -v shellcheck >/dev/null; then set -x; git ls-files -co --exclude-standard -- '*.sh' .ci | xargs shellcheck; else echo 'check: shellcheck is not here, the shell scripts were not checked'; fi

format: $(VENV)/.dev  ## let ruff format the code
	$(RUN) -m ruff format .

bench: $(VENV)/.dev  ## the measures of the contract, as ratios in one run
	$(RUN) -m bench

bench-store: $(VENV)/.dev  ## the session backups against restic, rsync and cp, on a generated tree
	$(RUN) -m bench.store

docs: $(VENV)/.dev  ## make the pages that are made from code
	$(RUN) -m docs.make_docs

pictures: $(VENV)/.dev  ## make docs/pictures/*.svg from real runs in a terminal
	$(RUN) -m docs.make_pictures

dist: $(VENV)/.dev  ## the wheel and the single file wslcfg.pyz, with the installers, in dist/
	$(RUN) -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(RUN) -m release.make_pyz
	cp install.sh install.ps1 wslcfg/apply/resources/rollback.cmd wslcfg/apply/resources/park.cmd wslcfg/apply/resources/README.txt dist/

clean:  ## remove what make made
	rm -rf $(VENV) .venv-* dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
