# Everything there is to run here. Each command sets up what it needs by itself, and is quick when nothing changed.

SHELL := /bin/sh
PYTHON ?= python3
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
HOT := src/yett/compiled.txt $(shell find src -name '*_hot.py') $(shell sed -n 's|^yett/|src/yett/|p' src/yett/compiled.txt)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes

export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.PHONY: help run test check bench leaks chaos regress build plain wheel lock reference clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)$$/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: $(VENV)/.built ## start the gate before a sample PostgreSQL; with CHECK=1 play a scripted scenario instead, and judge it
ifeq ($(CHECK),1)
	@$(MAKE) --no-print-directory $(VENV)/.test
	@$(BIN)/python tools/scenario
else
	@$(BIN)/python -m yett.demo
endif

test: $(VENV)/.built $(VENV)/.test build/node/.installed ## run every test, on real servers with real clients (ARGS="-k name" to choose, JOBS=1 one after the other)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.built $(VENV)/.dev ## format, lint, types, import contracts, house rules
	@$(BIN)/python tools/check.py

bench: $(VENV)/.built $(VENV)/.test ## measure against direct and pgbouncer; writes build/bench.json
	@tools/setup-system bench
	@$(BIN)/python tests/bench/run.py $(ARGS)

leaks: $(VENV)/.built $(VENV)/.test build/node/.installed ## attack the gate with the leak corpus (ARGS="-k name", "--raw", "--json file")
	@$(BIN)/python tools/leaks $(ARGS)

chaos: $(VENV)/.built $(VENV)/.test ## kill gate, target, clients and disk at random instants, and count what is lost (ARGS="--rounds 20", "--seed 7")
	@$(BIN)/python tools/chaos $(ARGS)

regress: $(VENV)/.built $(VENV)/.test ## compare directly and through the gate by PostgreSQL's own regression suite, fetched once (ARGS=drivers: by the drivers' own)
	@$(BIN)/python tests/regress/run.py $(ARGS)

build: $(VENV)/.built ## compile the hot modules in place

plain: ## remove what was compiled, so that changes to hot modules count at once
	find src -name '*.so' -delete
	rm -f $(VENV)/.built

wheel: $(VENV)/.run ## build a release wheel, which must be compiled
	YETT_REQUIRE_COMPILED=1 $(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock: ## pin all dependencies anew
	@tools/lock

reference: $(VENV)/.built ## write docs/reference from the code
	@$(BIN)/python tools/reference

clean: ## remove everything that was made here, the sample's data included
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src -name '*.so' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf src/*.egg-info

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with PYTHON=…" >&2; exit 1; }
	@tools/setup-system python
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/run.lock
	@echo "installing what the gate needs"
	@$(PIP) -r requirements/run.lock
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements/test.lock tools/apt-packages.txt
	@echo "installing what tests need"
	@tools/setup-system test
	@$(PIP) -r requirements/test.lock
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.lock
	@echo "installing linters"
	@$(PIP) -r requirements/dev.lock
	@touch $@

$(VENV)/.built: $(VENV)/.run setup.py pyproject.toml $(HOT)
	@echo "building"
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'from yett.build_info import build_summary as s; print("hot modules:", s())'
	@touch $@

build/node/.installed: tests/e2e/node/package.json tests/e2e/node/package-lock.json $(VENV)/.test
	@mkdir -p build/node
	@cp tests/e2e/node/package.json tests/e2e/node/package-lock.json build/node/
	@cd build/node && npm ci --silent --no-audit --no-fund
	@touch $@
