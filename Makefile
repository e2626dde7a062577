# Every target sets up what it needs on a machine that has make and python3 (3.11 or newer, with venv).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export NUMBA_CACHE_DIR ?= $(CURDIR)/.cache/numba

.PHONY: install serve demo test test-all coverage bench docs lint format lock clean

install: $(VENV)/.runtime
	@echo "Installed. Try: $(BIN)/epipole --help"

serve: $(VENV)/.runtime
	$(BIN)/epipole warm-up
	$(BIN)/epipole serve

demo: $(VENV)/.demo
	$(BIN)/epipole warm-up
	$(BIN)/epipole demo

test: $(VENV)/.test $(VENV)/.torch
	$(BIN)/epipole warm-up
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-all: $(VENV)/.test $(VENV)/.torch
	$(BIN)/epipole warm-up
	$(BIN)/python -m pytest -n 2

# Coverage sees kernels only where they are interpreted.
coverage: $(VENV)/.test
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -n 2 -m "not slow and not jit" --cov --cov-report=term --cov-fail-under=95 --ignore=tests/service/jobs tests/geometry tests/service

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.bench $(VENV)/.torch
	$(BIN)/epipole warm-up
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.accuracy

# Pages and tables that are written from the code, and the pictures that the examples of the README give.
docs: $(VENV)/.bench
	$(BIN)/python -m service.reference
	$(BIN)/python -m tests.docs.pictures

lock:
	sh requirements/lock.sh --upgrade

clean:
	rm -rf $(VENV) .cache demo-output

# One virtual environment; `bench` contains `test`, which contains `runtime`, at the same versions.
$(VENV)/.%: requirements/%.txt requirements/build.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Epipole needs Python 3.11 or newer; set PYTHON=…")'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt -r $<
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q $(VENV)/lib api geometry service || true  # else every start does it where PYTHONDONTWRITEBYTECODE is set
	touch $@

# A peer that the usual index has only with libraries for GPUs.
$(VENV)/.torch: requirements/torch.txt | $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $< >/dev/null 2>&1 \
		|| echo "pip finds no build of PyTorch for CPUs: what compares with it is skipped"
	touch $@

.PRECIOUS: $(VENV)/.%
