# Every target works on a machine that has git, make and Python 3.11 to 3.13; `lock` needs uv, `s3-gateway` and `kube`
# need Go, `node` needs Node and npm.
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python -m
STAMP = $(VENV)/.installed

GO ?= $(or $(shell command -v go),/usr/local/go/bin/go)
CACHE = $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dphub-tests
TOOLS = $(CACHE)/bin

.PHONY: help dev test lint abnf integration differential fuzz bench bench-many bench-big bench-cluster s3-gateway node kube kube-up kube-down lock clean
help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Python 3.11 to 3.13 is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

dev: $(STAMP)  ## the whole hub on this machine, with the example products
	$(VENV)/bin/dphub dev --products examples

test: $(STAMP)  ## every fast test
	$(RUN) pytest

lint: $(STAMP)  ## style, types and import contracts
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(VENV)/bin/lint-imports --no-logo

differential: $(STAMP)  ## random filters, joins and meshes against independent evaluators, 20,000 each
	DPHUB_CASES=$${DPHUB_CASES:-20000} $(RUN) pytest tests/differential

fuzz: $(STAMP)  ## 100,000 random requests, by a grammar and by the OpenAPI document
	DPHUB_CASES=$${DPHUB_CASES:-100000} $(RUN) pytest tests/fuzz

abnf: $(STAMP)  ## the grammar cases of the OData standard: how many hold, and which do not
	@$(RUN) tests.conformance.abnf

integration: $(STAMP)  ## tests against real processes
	$(RUN) pytest -m integration

s3-gateway: $(TOOLS)/versitygw  ## the S3 server of the integration tests (needs Go)

$(TOOLS)/versitygw:
	GOBIN=$(TOOLS) nice $(GO) install github.com/versity/versitygw/cmd/versitygw@v1.8.0

node: $(CACHE)/node/.installed  ## the programs for Node that tests ask (needs Node and npm)

$(CACHE)/node/.installed: tests/node/package.json tests/node/package-lock.json
	mkdir -p $(@D)
	cp tests/node/package.json tests/node/package-lock.json $(@D)
	nice npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund
	touch $@

kube:  ## the Kubernetes control plane of the integration tests (needs Go; ten minutes, once)
	nice $(PYTHON) -m tests.kube.build $(GO)

kube-up: $(STAMP)  ## start that control plane for yourself; prints its kubeconfig
	@$(RUN) tests.kube.control_plane up

kube-down: $(STAMP)  ## stop it; what is in it stays
	@$(RUN) tests.kube.control_plane down

bench: $(STAMP)  ## the benchmarks, with ratios against a baseline of the same run
	$(RUN) bench.build
	$(RUN) bench.serve
	$(RUN) bench.filter
	$(RUN) bench.peers
	$(RUN) bench.language
	$(RUN) bench.apply_to_query
	$(RUN) bench.cluster --products 100 --steady 60

bench-big: $(STAMP)  ## 100 million rows, built and served: half an hour and 15 GB of disk
	$(RUN) bench.big

bench-cluster: $(STAMP)  ## 1,000 products in a real API server, and ten quiet minutes (needs `make kube`)
	$(RUN) bench.cluster

lock:  ## resolve the dependencies again (needs uv)
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header -o requirements.lock

clean:  ## remove what make has made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
