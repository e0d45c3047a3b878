# One environment, made by make. A target is documented by the text behind its two hashes.

SHELL  := /bin/bash
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip -qq --disable-pip-version-check install
# .stamp-run is what a person needs, .stamp-dev what a developer needs on top
RUN    := $(VENV)/.stamp-run
DEV    := $(VENV)/.stamp-dev
# Without stored bytecode, each worker and each command compiles all modules again
PYTHON := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python
PORT   ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test check bench torture soak figures firmware flash install-pod clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUN) ## no hardware needed: a virtual pod runs a session, is watched, downloaded and summed up
	@$(BIN)/retropod demo

test: $(DEV) ## every test but the gates
	@$(PYTHON) -m pytest -n 6 --dist worksteal -rs

check: $(DEV) ## lint, types, drift, the wheel, the baseline
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "hint: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/python -m pytest -m gate tests

bench: $(DEV) ## measure everything, print one table, write build/bench.json
	@PYTHONPATH=tests $(BIN)/python -m bench.run $(FIGURES)

torture: $(DEV) ## 1,000 downloads over a bad cable, cut once each: how they ended (N=..., FIRST=...); some ten minutes
	@PYTHONPATH=tests $(BIN)/python -m torture.run

soak: $(DEV) ## acceptance criteria of a pod on an ESP32, in real time (MINUTES=..., ONLY=..., ORDERS=..., CUTS=...); 90 minutes
	@PYTHONPATH=tests $(BIN)/python -m soak.run

figures: $(DEV) ## plots of the gait model beside recordings, into build/
	@mkdir -p build && $(BIN)/python -m tools.gait_figures build/gait-model.png && echo build/gait-model.png

firmware: $(RUN) ## the app compiled for every kind of board, into build/firmware; twice, and compared
	@$(BIN)/retropod firmware build/firmware
	@XDG_CACHE_HOME=build/firmware-cache $(BIN)/retropod firmware build/firmware-again >/dev/null 2>&1 && \
		diff -r build/firmware build/firmware-again && rm -r build/firmware-again build/firmware-cache

flash: $(RUN) ## from a bare board to a working pod: make flash PORT=/dev/ttyUSB0
	@$(BIN)/retropod --port $(PORT) flash

install-pod: $(RUN) ## put the app on a board that runs MicroPython: make install-pod PORT=/dev/ttyUSB0
	@$(BIN)/retropod --port $(PORT) install

clean: ## remove what was built, the environment too
	@rm -rf build dist .pytest_cache .ruff_cache .hypothesis $(VENV)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@.ci/make-venv $(VENV)

$(RUN): pyproject.toml | $(BIN)/python
	@echo "installing retropod into $(VENV)" >&2
	@$(PIP) -e '.[virtual,flash]'
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	@echo "installing retropod and its development tools into $(VENV)" >&2
	@$(PIP) -e '.[dev]'
	@touch $(RUN) $@
