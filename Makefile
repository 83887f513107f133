# Everything runs from .venv, which bootstrap.py makes: nothing is needed but git, make and a Python >= 3.9.
PYTHON ?= python3
BIN := .venv/bin

# Universal: one lock for every system and every Python that we support. No index address may be written into it.
COMPILE := uv pip compile pyproject.toml --group dev --universal --python-version 3.12 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --quiet $(LOCKFLAGS)

.DEFAULT_GOAL := help
.PHONY: help setup publication test check format lab bench calibrate lock clean distclean

help: ## print these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv from requirements.lock
	@$(PYTHON) bootstrap.py

publication: setup ## from raw files to the published edition in reports/
	@$(BIN)/clusterscore publication

test: setup ## run the tests, all but the slow ones (those: .venv/bin/pytest -m slow)
	@$(BIN)/python -m pytest

check: setup ## lint, formatting, types and the rule of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## put the code into the one format, and mend what ruff can mend
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

lab: ## open the notebooks in JupyterLab
	@$(PYTHON) bootstrap.py --lab
	@$(BIN)/jupyter lab notebooks

bench: setup ## measure what is claimed about speed
	@set -e; for script in $(sort $(wildcard benchmarks/*.py)); do echo "$$script"; $(BIN)/python "$$script"; done

FITS ?= 1000
calibrate: setup ## simulation-based calibration, FITS=1000; FUNCTION=regional: of its newest edition; goes on where it was stopped
	@$(BIN)/python -m tests.calibration.$(if $(FUNCTION),posterior $(FUNCTION),sbc) --fits $(FITS)

lock: setup ## pin again after a change of pyproject.toml; needs uv (newest versions: LOCKFLAGS=--upgrade)
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --extra lab --constraints requirements.lock --output-file requirements-lab.lock
	@$(BIN)/python tools/environment.py > environment.yml

clean: ## remove posteriors, scores and reports; the ledger stays
	rm -rf data/processed/posterior data/processed/scores data/processed/pages reports/*

distclean: clean ## and the environment and all caches
	rm -rf .venv .venv-python .venv-rivals src/clusterscore/model/compiled/__pycache__ .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache tests/browser/node_modules
