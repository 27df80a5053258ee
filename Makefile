# Everything that a fresh machine needs is done here; it asks for Python ≥ 3.11, make and a package index.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-go soak check lint types contracts format manifests references docs kind-up kind-demo kind-down lock bench clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# One marker per set of requirements: what is there already is not installed again.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "albc: $(PYTHON) is not Python 3.11 or later; install one, or name it: make PYTHON=python3.12 …" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.local: $(VENV)/.python requirements/local.txt pyproject.toml
	@echo "Installing what the demo needs (once, about a minute)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/local.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.python requirements/dev.txt pyproject.toml
	@echo "Installing what development needs (once, about a minute)…"
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
	@$(BIN)/pytest -m soak --hypothesis-profile=default $(ARGS)

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

manifests: $(VENV)/.dev ## Write what is generated in deploy/: CRDs, and the chart as plain manifests
	@$(BIN)/python -m albc.crds deploy/crds
	@$(BIN)/python -m albc.aws.policies deploy/iam
	@$(BIN)/python -m albc.controllers.rights deploy/helm/albc/rbac/cluster-role.yaml
	@cp deploy/crds/*.aws.yaml deploy/helm/albc/crds/
	@$(BIN)/helm template aws-load-balancer-controller deploy/helm/albc --namespace kube-system \
	  --set clusterName=your-cluster-name,creator=kustomize > deploy/kustomize/albc.yaml

references: $(VENV)/.dev ## Write the reference pages in docs/ anew from the code
	@$(BIN)/python -m albc.settings.reference > docs/flags.md
	@$(BIN)/python -m albc.crds.reference > docs/crds.md
	@$(BIN)/python -c 'from albc.mapping.reference import annotations_markdown; print(annotations_markdown(), end="")' \
	  > docs/annotations.md

$(VENV)/docs/.done: $(VENV)/.python requirements/docs.txt
	@echo "Installing MkDocs in an environment of its own (once)…"
	@$(PYTHON) -m venv $(VENV)/docs
	@$(VENV)/docs/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/docs.txt
	@touch $@

docs: references $(VENV)/docs/.done ## Build the documentation's site into site/
	@NO_MKDOCS_2_WARNING=1 $(VENV)/docs/bin/mkdocs build --strict --quiet
	@echo "Begin with site/index.html."

kind-up: $(VENV)/.local ## Make a kind cluster and an emulated AWS account in containers (needs kind, Docker, kubectl, the AWS CLI)
	@for tool in kind docker kubectl aws; do command -v $$tool >/dev/null || \
	  { echo "albc: kind-up needs $$tool, which is missing; without containers: $(BIN)/albc local up" >&2; exit 2; }; done
	@kind create cluster --config deploy/local/kind.yaml
	@docker compose -f deploy/local/compose.yaml up --detach --wait
	@kubectl --context kind-albc apply --server-side -k deploy/crds
	@deploy/local/account.sh > deploy/local/.flags

kind-demo: $(VENV)/.local ## Run the controller on this machine against `make kind-up`, and apply the Ingress example
	@[ -s deploy/local/.flags ] || { echo "albc: run make kind-up first" >&2; exit 2; }
	@kubectl --context kind-albc apply -f examples/ingress
	@AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local $(BIN)/albc run $$(cat deploy/local/.flags) \
	  --log-format=console --metrics-bind-addr=127.0.0.1:8080 --health-probe-bind-addr=127.0.0.1:61779

kind-down: ## Remove what kind-up made
	@kind delete cluster --name albc; docker compose -f deploy/local/compose.yaml down; rm -f deploy/local/.flags

bench: $(VENV)/.dev ## Run the benchmarks and compare with the results kept (ARGS='queue --keep' to choose, and to keep)
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(VENV)/.python ## Renew the locked requirements (needs uv: pip install uv)
	@command -v uv >/dev/null || { echo "albc: uv is missing: pip install uv" >&2; exit 2; }
	uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	  --quiet --custom-compile-command "make lock" -o requirements/dev.txt
	uv pip compile pyproject.toml --extra local --extra build --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	  --quiet --custom-compile-command "make lock" -c requirements/dev.txt -o requirements/local.txt
	uv pip compile pyproject.toml --extra build --extra otlp --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	  --quiet --custom-compile-command "make lock" -c requirements/dev.txt -o requirements/run.txt
	uv pip compile requirements/judges.in --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	  --quiet --custom-compile-command "make lock" -o requirements/judges.txt
	uv pip compile requirements/docs.in --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	  --quiet --custom-compile-command "make lock" -o requirements/docs.txt

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) tests/go/.build benchmarks/go/.build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
