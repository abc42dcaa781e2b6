# Everyday commands. On Windows: make PYTHON=.venv/Scripts/python
PYTHON ?= .venv/bin/python

.PHONY: help setup test fast lint format types docs snippets samples emulator check

help:      ## list these commands
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'

setup:     ## create the environment
	python3 -m venv .venv
	$(PYTHON) -m pip install -e ".[dev,ci]"

test:      ## run all tests, without a network
	$(PYTHON) -m pytest -q

fast:      ## run the tests that are not slow: the inner loop
	$(PYTHON) -m pytest -q -n auto -m "not slow"

lint:      ## check for mistakes and formatting
	$(PYTHON) -m nox -s lint

format:    ## format the code
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

types:     ## run the type checkers
	$(PYTHON) -m nox -s types

docs:      ## build the site into docs/_build
	$(PYTHON) -m nox -s docs

snippets:  ## copy the samples' code into the documents
	$(PYTHON) tests/helpers/snippets.py

samples:   ## run all samples against the emulator
	$(PYTHON) samples/run_all_samples.py

emulator:  ## start the emulator
	$(PYTHON) -m azure.ai.vision.imageanalysis.emulator

check:     ## run every check, on every Python that is installed
	.ci/run
