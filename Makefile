# `make demo` and `make test` do all set-up themselves; the rest is for daily work.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test bench lint clean

PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && { echo $$p; break; }; done)
NEED_INDEX = { echo "ethercattle could not be installed: pip needs a package index (PyPI, or the one PIP_INDEX_URL names)" >&2; exit 2; }
NEED_PYTHON = @test -n "$(PYTHON)" || { echo "ethercattle needs Python 3.11 or 3.12 with venv; install one, or say PYTHON=/path/to/python" >&2; exit 2; }

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

.venv/.ready: pyproject.toml Makefile
	$(NEED_PYTHON)
	@echo "setting up .venv with $(PYTHON)" >&2
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install --quiet --editable . || $(NEED_INDEX)
	@touch $@

.venv/.ready-dev: .venv/.ready
	@.venv/bin/pip install --quiet --editable '.[test,lint]' tox || $(NEED_INDEX)
	@touch $@

demo: .venv/.ready  ## replicate a chain made by a real geth and compare every answer with geth's
	.venv/bin/ethercattle conform

test: .venv/.ready-dev  ## lint, types, unit tests and tests with the real parts
	.venv/bin/tox

.venv/.ready-bench: .venv/.ready-dev
	@.venv/bin/pip install --quiet --editable '.[bench]' || $(NEED_INDEX)
	@touch $@

bench: .venv/.ready-bench  ## print each speed as a ratio to its peer, measured in the same run
	.venv/bin/python -m benchmarks

lint: .venv/.ready-dev  ## lint and types only
	.venv/bin/tox -e lint,types

clean:  ## remove what the targets made (the cache in ~/.cache/ethercattle stays)
	rm -rf .venv .tox .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
