# Two commands: `make demo` runs everything on this machine, `make test` checks everything. See README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --extra dashboard pyproject.toml
.DEFAULT_GOAL := help

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(VENV)/app-ready  ## run dashboard, worker, capture and the demo shop
	@$(BIN)/python manage.py demo

install: $(VENV)/app-ready  ## make the environment .venv that the commands need

test: $(VENV)/dev-ready  ## lint, type-check and run the tests
	@$(MAKE) --no-print-directory --jobs 2 lint short-tests

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/biome check .
	$(BIN)/djade --check --target-version 5.2 $$(find templates statetrace_ui -name '*.html')

short-tests:
	@$(BIN)/python -m tests.browser.install
	$(BIN)/pytest --numprocesses auto --dist loadgroup -m "not long"

test-long: $(VENV)/dev-ready  ## run the tests that take longest, which `make test` leaves out
	@$(BIN)/python -m tests.browser.install
	$(BIN)/pytest --numprocesses auto --dist loadgroup -m long

wheel: $(VENV)/bin/python  ## build the package into dist/
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

lock:  ## write the hashed lock files anew from pyproject.toml and requirements/dev.in (needs uv)
	$(COMPILE) -o requirements/app.txt
	$(COMPILE) requirements/dev.in -o requirements/dev.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Statetrace UI needs Python 3.11 or newer; this is %s. Set PYTHON=…" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/app-ready: requirements/app.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/app.txt
	@touch $@

$(VENV)/dev-ready: requirements/dev.txt $(VENV)/app-ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: help demo install test lint short-tests test-long wheel lock
