# Everything that a fresh machine needs is done here; it asks for Python ≥ 3.11, make and a package index.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-go soak check lint types contracts format crds lock bench clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# One marker per set of requirements: what is there already is not installed again.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "albc: $(PYTHON) is not Python 3.11 or later; install one, or name it: make PYTHON=python3.12 …" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.local: $(VENV)/.python requirements/local.txt pyproject.toml
	@echo "Installing what the demo needs (once)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/local.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.python requirements/dev.txt pyproject.toml
	@echo "Installing what development needs (once)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.local

# The AWS CLI and moto judge the local account; their botocore is another than ours, so they live apart.
$(VENV)/judges/.done: $(VENV)/.python requirements/judges.txt
	@echo "Installing the AWS CLI and moto in an environment of their own (once)…"
	@$(PYTHON) -m venv $(VENV)/judges
	@$(VENV)/judges/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/judges.txt
	@touch $@

setup: $(VENV)/.dev $(VENV)/judges/.done ## Make the virtual environment for development

demo: $(VENV)/.local ## Run cluster, account and controller here, apply the examples, send traffic (ARGS=--once to end)
	@$(BIN)/albc demo $(ARGS)

test: setup ## Run every test (ARGS='-k name' to choose)
	@! command -v go >/dev/null || $(MAKE) --no-print-directory test-go || echo "Without the client-go judge: it could not be built."
	@$(BIN)/pytest -n 2 $(ARGS)

test-go: ## Build the client-go program that judges the local cluster (needs Go)
	@command -v go >/dev/null || { echo "albc: Go is missing; install it, or leave this out" >&2; exit 2; }
	@[ -x tests/go/.build/judge ] || echo "Building the client-go judge (once)…"
	@cd tests/go && go build -o .build/judge .

soak: setup ## Run the long forms of tests
	@$(BIN)/pytest -m soak $(ARGS)

check: lint types contracts ## Lint, types and import contracts

lint: $(VENV)/.dev ## Lint and format check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev ## Strict types
	@$(BIN)/mypy

contracts: $(VENV)/.dev ## The layers of docs/architecture.md
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

crds: $(VENV)/.dev ## Print the CRD manifests into deploy/crds
	@$(BIN)/python -m albc.crds deploy/crds

bench: $(VENV)/.dev ## Run the benchmarks
	@for f in benchmarks/*.py; do \
	  name=$$(basename $$f .py); [ $$name = __init__ ] || { echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; }; \
	done

lock: $(VENV)/.python ## Renew the locked requirements (needs uv: pip install uv)
	uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	  --quiet --custom-compile-command "make lock" -o requirements/dev.txt
	uv pip compile pyproject.toml --extra local --extra build --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	  --quiet --custom-compile-command "make lock" -c requirements/dev.txt -o requirements/local.txt
	uv pip compile pyproject.toml --extra build --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	  --quiet --custom-compile-command "make lock" -c requirements/dev.txt -o requirements/run.txt
	uv pip compile requirements/judges.in --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	  --quiet --custom-compile-command "make lock" -o requirements/judges.txt

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) tests/go/.build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
