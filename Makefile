# Two commands matter: `make demo` shows the rig in a browser, `make test` checks everything.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9
STAMP := .venv/.seastack-ready
DEVELOP := .venv/.seastack-develop
SOURCES := seastack controller sensors models dashboard sim tests benchmarks packaging
NAME ?= cycle
# On a terminal the installer shows its progress; a log gets no bars.
UV_SAYS := $(shell [ -t 2 ] || echo --quiet)
# Most tests wait for sockets and clocks; a file stays in one process.
SPREAD ?= -n 4 --dist loadfile --no-loadscope-reorder
# One thread per process: the control loop shares its two cores with simulator and page.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.PHONY: help venv develop demo test lint bench bill release clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

venv: $(STAMP)  ## build .venv: the hashed lock, the project, compiled kernels

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) not found: install Python 3.11 or newer" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is $$($(PYTHON) --version): Seastack needs 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: the venv module is missing: install your system's python3-venv package" >&2; exit 2; }
	@echo "set-up, once: about a minute on two quiet cores, longer on a busy machine or a slow network"
	@echo "1 of 3: a virtual environment in .venv (a few seconds)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@echo "2 of 3: $$(grep -c '^[a-z].*==' requirements.lock) packages of requirements.lock (10 s when they were fetched before, else 400 MB to fetch)"
	@$(BIN)/uv pip install $(UV_SAYS) --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@echo "3 of 3: numeric kernels, kept in your cache folder for every copy of this version (under a minute)"
	@$(BIN)/seastack warm
	@touch $@

develop: $(DEVELOP)  ## the same .venv with the tools for working on Seastack

$(DEVELOP): $(STAMP) requirements-dev.lock
	@echo "tools of requirements-dev.lock, for tests and checks (60 MB to fetch, when not fetched before)"
	@$(BIN)/uv pip install $(UV_SAYS) --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

demo: venv  ## simulator, controller and dashboard together; Ctrl-C ends them
	@$(BIN)/seastack demo $(ARGS)

lint: develop  ## ruff, mypy --strict, import rules
	@$(BIN)/ruff check --no-cache $(SOURCES)
	@$(BIN)/ruff format --no-cache --quiet --check $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: develop  ## everything: lint, then the tests; pytest's summary is the last line
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -q $(SPREAD) $(ARGS)

bench: venv  ## measure one figure set: make bench NAME=loop ARGS="--days 1"
	@$(BIN)/seastack bench $(NAME) $(ARGS)

bill: develop  ## bill of materials (CycloneDX) and licences of what runs aboard, in dist/
	@$(BIN)/python packaging/release/bill.py dist

release: bill  ## a signed wheel in dist/: make release KEY=FILE (made when it is not there)
	@test -n "$(KEY)" || { echo "make release: give the private key: KEY=FILE" >&2; exit 2; }
	@trap 'rm -f seastack/release.json' EXIT; $(BIN)/python packaging/release/sign.py "$(KEY)"; $(BIN)/python -m hatchling build -t wheel -d dist; cp seastack/release.json requirements.lock dist/

clean:  ## remove what `make venv` and the tools built (never ./state)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
