# Everything a developer needs: run test check lint faults bench lock vendored clean clean-data. Nothing but python3.11+ and make has to be there.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin/python
SHIPPED := app tables web
SOURCES := $(SHIPPED) tests $(wildcard benchmarks)
# `python -m` throughout: the scripts in .venv/bin would run the code of another folder after this one was copied or moved.

.PHONY: run test check lint faults bench lock vendored clean clean-data
.DELETE_ON_ERROR:

run: $(VENV)/run.stamp
	@exec $(BIN) -m app.cli up $(ARGS)

# Most tests wait most of the time. Each process of pytest has a broker of its own.
JOBS ?= 2
test: $(VENV)/dev.stamp
	@$(BIN) -m pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

check: lint test

lint: $(VENV)/dev.stamp
	@$(BIN) -m ruff check && $(BIN) -m ruff format --check --quiet; ruff=$$?; $(BIN) -m mypy $(SOURCES) && exit $$ruff
	@$(BIN) -m bandit --quiet --recursive --configfile pyproject.toml $(SHIPPED)
	@$(BIN) .ci/advisories.py

faults: $(VENV)/dev.stamp # half an hour; another course of events: ARGS="--seed 2"
	@$(BIN) -m pytest tests/faults --kills 300 --timeout 7200 -o log_cli=true -o log_cli_level=INFO $(ARGS)

bench: $(VENV)/bench.stamp
	@$(BIN) -m benchmarks $(ARGS)

# Each stamp is newer than what it was installed from. The developer's lock holds all of the other.
$(VENV)/run.stamp: requirements.lock pyproject.toml
	$(call install,requirements.lock)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch $@ $(VENV)/run.stamp

# What the benchmarks stand beside, on top of the developer's: ClickHouse, 180 MB.
$(VENV)/bench.stamp: requirements-bench.lock $(VENV)/dev.stamp
	@$(BIN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

define install
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.13" >&2; exit 1; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	|| { echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
@$(BIN) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
@echo "Installing the $$(grep -c '^[a-z]' $(1)) packages of $(1) into $(VENV) (about a minute, once)"
@$(BIN) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
@$(BIN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endef

# Newest versions that pyproject.toml allows, for every Python and system that it allows.
COMPILE_ANY = $(VENV)/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
COMPILE = $(COMPILE_ANY) --group build pyproject.toml
COMPILE_BENCH = $(COMPILE_ANY) --group bench
lock:
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(COMPILE) -o requirements.lock
	$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE_BENCH) -c requirements-dev.lock -o requirements-bench.lock

vendored: $(VENV)/dev.stamp # the page's libraries, fetched and checked again; the newest ones: ARGS=--newest
	@$(BIN) .ci/vendored.py $(ARGS)

clean: # what tools have made; never the data
	rm -rf $(VENV) .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

clean-data: # the demo's Kafka, counts and token: everything that `make run` has counted in ./data
	rm -rf data
