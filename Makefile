# Settings pass through the environment: `make run PORT=3100`, `MONGO_URI=... make run`.

# Flask would read .env before the service does, its parent folders' too, and end with a traceback.
export FLASK_SKIP_DOTENV := 1

PYTHON ?= python3
MINUTES ?= 10
SEED ?= 1
# Processes among which a test run is divided, by file; 0: none, as a debugger needs it.
AT_ONCE ?= 2

BIN := .venv/bin
DIVIDED := -n $(AT_ONCE) --dist loadfile
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes
RUNTIME := .venv/runtime.stamp
DEV := .venv/dev.stamp
BENCH := .venv/bench.stamp

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: run test test-lengthy test-fast test-served browser model lint format clients postman audit sweep
.PHONY: faults soak bench bench-scale lock clean help

run: $(RUNTIME)  ## Serve on http://127.0.0.1:3000 (PORT=3100 for another port)
	-@$(BIN)/flask --app wsgi migrate
	exec $(BIN)/gunicorn

test: $(DEV)  ## Run the tests that fit in four minutes
	$(BIN)/python -m pytest $(DIVIDED) -m "not lengthy"

test-lengthy: $(DEV)  ## Run the tests that take long: dead databases, whole attacks, each damage
	$(BIN)/python -m pytest $(DIVIDED) -m lengthy

test-fast: $(DEV)  ## Run the tests that take less than a minute together
	$(BIN)/python -m pytest $(DIVIDED) -m "not (faults or hostile or slow or lengthy)"

test-served: $(DEV)  ## Run the contract's tests again, over a socket and through nginx
	$(BIN)/python -m pytest $(DIVIDED) --via=socket tests/contract tests/security tests/hostile
	$(BIN)/python -m pytest $(DIVIDED) --via=nginx tests/contract tests/security tests/hostile

browser: $(DEV)  ## Use the documentation in Chromium, as people do
	$(BIN)/python -m pytest tests/browser

model:  ## Check the protocol of docs/money.md with Spin
	docs/model/run

lint: $(DEV)  ## Check style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(DEV)  ## Format the code, and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clients: $(DEV)  ## Generate clients from the OpenAPI document, and run them
	$(BIN)/python -m tests.clients

postman: ADDRESS = http://127.0.0.1:$(or $(PORT),3000)
postman:  ## Run the Postman collection against a running service (PORT=3100, KEY=wk_... of a back end)
	@$(PYTHON) -c 'import socket; socket.create_connection(("127.0.0.1", $(or $(PORT),3000)), 5)' \
		2> /dev/null || { echo "nothing listens at $(ADDRESS)" >&2; exit 1; }
	npx --yes newman@6.2.2 run postman/wallet_api.postman_collection.json \
		-e postman/local.postman_environment.json --env-var baseUrl=$(ADDRESS) \
		$(if $(KEY),--env-var backEndKey=$(KEY))

audit: $(RUNTIME)  ## Does every cent add up?
	$(BIN)/flask --app wsgi audit

sweep: $(RUNTIME)  ## Copy out the movements that wait
	$(BIN)/flask --app wsgi sweep

faults: $(DEV)  ## Kill and starve the service on purpose
	$(BIN)/python -m tests.faults
	$(BIN)/python -m tests.payouts.chaos --withdrawals 10000 --pause 0.7
	$(BIN)/python -m tests.payouts.chaos --withdrawals 2000 --replica-set

soak: $(DEV)  ## Load and faults at random for MINUTES, repeatable by SEED
	$(BIN)/python -m tests.faults.soak --minutes $(MINUTES) --seed $(SEED)

bench: $(BENCH)  ## Measure requests a second
	$(BIN)/python -m benchmarks

bench-scale: $(BENCH)  ## Measure with many users and movements
	$(BIN)/python -m benchmarks.scale

lock:  ## Pin the requirements of pyproject.toml anew, with hashes
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip --disable-pip-version-check --quiet install pip-tools==7.6.2
	CUSTOM_COMPILE_COMMAND="make lock" .venv/lock/bin/pip-compile $(LOCK) \
		--output-file requirements.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" .venv/lock/bin/pip-compile $(LOCK) --extra dev \
		--constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" .venv/lock/bin/pip-compile $(LOCK) --extra celery \
		--constraint requirements.txt --constraint requirements-dev.txt \
		--output-file requirements-celery.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" .venv/lock/bin/pip-compile $(LOCK) --extra bench \
		--constraint requirements.txt --constraint requirements-dev.txt \
		--constraint requirements-celery.txt \
		--output-file requirements-bench.txt pyproject.toml

LOCK := --quiet --generate-hashes --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

clean:  ## Remove what was built, but no data
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## Show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/:.*## /\t/' | expand -t 14

# One of its own for each install: what runs in production never waits for what tests it.
$(RUNTIME): requirements.txt requirements-embedded.txt
	$(PYTHON) -m venv .venv
	$(PIP) -r requirements.txt -r requirements-embedded.txt
	touch $@

$(DEV): $(RUNTIME) requirements-dev.txt requirements-celery.txt
	$(PIP) -r requirements-dev.txt -r requirements-celery.txt
	touch $@

$(BENCH): $(RUNTIME) requirements-bench.txt
	$(PIP) -r requirements-bench.txt
	touch $@
