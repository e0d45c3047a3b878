# One environment, made by make. The text after ## describes a target in `make help`.

SHELL  := /bin/bash
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip -qq --disable-pip-version-check install
# Stamps of the environment: .stamp-run has the packages of a user, .stamp-dev also those of a developer.
RUN    := $(VENV)/.stamp-run
DEV    := $(VENV)/.stamp-dev
# Without stored bytecode, each worker and each command compiles all modules again
PYTHON := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python
PORT   ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo quick test check browser bench fuzz torture soak figures firmware sizes flash install-pod clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUN) ## Run a session on a virtual pod, write its report. Installs the extras [parquet] and [fit].
	@$(BIN)/retropod demo

quick: $(DEV) ## Run lint, prose, imports and the fast tests, and list the omitted ones.
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "hint: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/python -m tools.prose
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/python -m pytest -n 2 -p quick tests
	@echo "omitted, run \`make check\`: types, wheel, generated documents, memory and figures"

test: $(DEV) ## every test but the gates
	@$(PYTHON) -m pytest -n 6 --dist worksteal -rs

check: $(DEV) ## Run lint and the gates: prose, imports, types, documents, wheel, memory, figures.
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "hint: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/python -m pytest -m 'gate and not browser' tests

browser: $(DEV) ## Check report and live page in Chromium, which is installed if apt-get may do so.
	@.ci/get-browser
	@$(BIN)/python -m pytest -m browser -rs tests/gates

bench: $(DEV) ## Measure all figures (or FIGURES=...), print a table, write build/bench.json.
	@PYTHONPATH=tests $(BIN)/python -m bench.run $(FIGURES)

fuzz: $(DEV) ## Read hostile files and stores, talk to lying pods, kill commands, fill the disk (N=..., FIRST=..., ONLY=...); minutes.
	@PYTHONPATH=tests $(BIN)/python -m fuzz.run

torture: $(DEV) ## Download over a bad cable with cuts, freezes and delays (N=..., LONG=..., FIRST=...); 25 minutes.
	@PYTHONPATH=tests $(BIN)/python -m torture.run

soak: $(DEV) ## Check a pod on the ESP32 cost model in real time (MINUTES=..., ONLY=..., ORDERS=..., CUTS=...); 90 min.
	@PYTHONPATH=tests $(BIN)/python -m soak.run

figures: $(DEV) ## Plot the gait model and recordings into build/.
	@mkdir -p build && $(BIN)/python -m tools.gait_figures build/gait-model.png && echo build/gait-model.png

firmware: $(RUN) ## Compile the app for every kind of board into build/firmware, twice, and compare.
	@$(BIN)/retropod firmware build/firmware
	@XDG_CACHE_HOME=build/firmware-cache $(BIN)/retropod firmware build/firmware-again >/dev/null 2>&1 && \
		diff -r build/firmware build/firmware-again && rm -r build/firmware-again build/firmware-cache

sizes: $(DEV) ## Compare the app's size in flash and memory with firmware/sizes.json (OPTIONS=--by-module or --keep).
	@$(BIN)/python -m tools.sizes $(OPTIONS)

flash: $(RUN) ## Turn a bare board into a working pod: make flash PORT=/dev/ttyUSB0
	@$(BIN)/retropod --port $(PORT) flash

install-pod: $(RUN) ## Install the app on a board that runs MicroPython: make install-pod PORT=/dev/ttyUSB0
	@$(BIN)/retropod --port $(PORT) install

clean: ## Remove all build products and the environment.
	@rm -rf build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis $(VENV)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@.ci/make-venv $(VENV)

$(RUN): pyproject.toml | $(BIN)/python
	@echo "installing retropod into $(VENV)" >&2
	@$(PIP) -e '.[virtual,flash,parquet,fit]'
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	@echo "installing retropod and its development tools into $(VENV)" >&2
	@$(PIP) -e '.[dev]'
	@touch $(RUN) $@
