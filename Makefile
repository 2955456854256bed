# Two commands do everything: `make run` and `make test`. Python 3.11+ and git are enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && command -v $$p && break; done)
BIN := .venv/bin

.PHONY: run test setup setup-dev setup-peers lock bench schema campaign

run: setup
	$(BIN)/tender-monitor run

test: setup-dev setup-peers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest
	$(BIN)/tender-monitor check

setup: .venv/.ready

setup-dev: .venv/.ready-dev

# The stamps are younger than the lock files, so a second run starts at once.
.venv/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@# An editable install, so that the source is what runs; its warning says only that.
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation -e .
	touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# What is no part of the program and does not go with it: a Matrix homeserver and two other watchers.
# Without it the tests that need it are skipped, and say so.
setup-peers: .venv-peers/.ready

.venv-peers/.ready: requirements-peers.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-peers.lock
	touch $@

# Renew the locks after a change of the dependencies in pyproject.toml. Use the oldest Python that
# people have (3.11.2 of Debian 12): some packages ask for a later 3.11 than that.
lock: setup-dev
	$(BIN)/python -m piptools compile -q --generate-hashes --allow-unsafe --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --strip-extras --extra build \
		-o requirements.lock pyproject.toml
	$(BIN)/python -m piptools compile -q --generate-hashes --allow-unsafe --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --strip-extras --extra build --extra dev \
		-o requirements-dev.lock pyproject.toml
	$(BIN)/python -m piptools compile -q --generate-hashes --allow-unsafe --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --strip-extras \
		-o requirements-peers.lock requirements-peers.in

# The schemas that editors complete YAML by, after a change of the models.
schema: setup
	for kind in brands agencies categories; do \
		$(BIN)/tender-monitor schema $$kind > watchlists/schema/$$kind.json || exit 1; done
	$(BIN)/tender-monitor schema config > config.schema.json

bench: setup-dev
	$(BIN)/python benchmarks/resources.py

# All promises at full size, some 80 minutes; its table goes into docs/reliability.md. The fuzzing is
# guided where atheris has a wheel; elsewhere the seeds are damaged at random.
campaign: setup-dev setup-peers
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary=:all: \
		--require-hashes -r requirements-fuzz.lock
	$(BIN)/python -m tests.campaigns --write
