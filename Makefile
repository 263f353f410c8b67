# Two commands do everything: `make run` and `make test`. Both need only Python 3.11+ and make.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv --quiet
# Two files at a time, in their order, because the last ones are small. Bytecode is written even if
# the environment forbids it: without it, each process of the command takes 0.7 s more to start.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest \
	--numprocesses 2 --dist loadfile --no-loadscope-reorder --durations=10
PAGE := layers/polylog/polylog/console/page/index.html.gz
PAGE_SOURCES := tools/console.py layers/polylog/polylog/dialects/native/openapi.json \
	layers/polylog/polylog/console/help.json \
	$(shell find console -maxdepth 1 -type f) $(shell find console/src)
LOCK_OPTIONS = $(UPGRADE) --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links

.PHONY: help run test test-long test-million test-properties soak check lint types imports prose template docs format apis openapi console chromium pictures launcher lock clean bench bench-scale bench-handlers bench-counted bench-console cost shards

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

run: .venv/ready $(PAGE) ## Serve all APIs on this machine, with sample events and new ones every few seconds
	@$(BIN)/polylog run --live

test: .venv/ready $(PAGE) ## Run the tests, DynamoDB Local included
	@$(PYTEST)

test-long: .venv/ready $(PAGE) ## Run the tests that take long: soaks, large logs, stacks on an emulator, all states in a browser
	@$(PYTEST) -m long --hypothesis-profile long

test-million: .venv/ready $(PAGE) ## Test the console with a million events, which takes half an hour
	@$(PYTEST) -m million --numprocesses 0

test-properties: .venv/ready $(PAGE) ## Run the property tests with four times as many examples
	@$(PYTEST) -m hypothesis --hypothesis-profile long

soak: .venv/ready ## Write logs at full speed, and check the answers of all APIs (SECONDS=600 MODE=mixed)
	@$(BIN)/python -m tools.soak --seconds $(or $(SECONDS),60) $(if $(MODE),--mode $(MODE))

check: lint types imports prose template ## Run the next five checks

lint: .venv/ready ## Check the format of the code, and lint it
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check

types: .venv/ready ## Check the types
	@$(BIN)/mypy

imports: .venv/ready ## Check which module may import which
	@$(BIN)/lint-imports

prose: .venv/ready ## Look in the guides for the phrases in docs/style/banned.txt
	@$(BIN)/python -m tools.prose

template: .venv/ready ## Validate the template
	@AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0 $(BIN)/sam validate --lint

docs: .venv/ready ## Build the site of the guides, in site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

bench: .venv/ready ## Measure starts, pages, ingestion and HTTP (PARTS="cold warm": only those), and update docs/benchmarks.md
	@$(BIN)/python -m bench $(PARTS)

bench-scale: .venv/ready ## Measure logs of 10 thousand to 1 million events (SIZES="10000 100000": only those)
	@$(BIN)/python -m bench.cases.scale $(SIZES)

bench-handlers: .venv/ready ## Measure how long the functions take
	@$(BIN)/python -m bench.cases.handlers

bench-counted: .venv/ready ## Count bytes of logs and imports, and what folding and tailing read
	@$(BIN)/python -m bench.cases.counted

bench-console: .venv/ready $(PAGE) ## Measure the console in Chromium, over 100,000 events (TAIL_SECONDS=600)
	@$(BIN)/python -m bench.publish.console --tail-seconds $(or $(TAIL_SECONDS),600)

cost: .venv/ready ## Update docs/cost.md from the measurements
	@$(BIN)/python -m bench.publish.cost

shards: .venv/ready ## Update the numbers on shards in docs/deploying.md from the measurements
	@$(BIN)/python -m bench.publish.shards

format: .venv/ready ## Format the code, and fix what the linter can fix
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

apis: .venv/ready ## Update the event in every dialect in docs/apis.md
	@$(BIN)/python -m tools.cross_reading

pictures: .venv/ready $(PAGE) ## Take the pictures of the console again
	@$(BIN)/python -m tools.pictures

openapi: .venv/ready ## Update the OpenAPI documents of all dialects
	@$(BIN)/python -m tools.openapi

chromium: .venv/ready ## Download a browser for the tests of the console, if the machine has none (70 MB)
	@$(BIN)/python -m tools.chromium

console: $(PAGE) ## Build the web page; other commands also do that if its sources have changed

# Without a network, these commands go on without the page. Any other fault stops them.
run test test-long test-million test-properties: PAGE_OPTIONS := --optional

# `sam build` also runs this, and there may be no .venv then.
$(PAGE): $(PAGE_SOURCES)
	@$(or $(wildcard $(BIN)/python),$(PYTHON)) -m tools.console $(PAGE_OPTIONS)

launcher: .venv/ready ## Compile the program that starts DynamoDB Local on loopback; needs a JDK
	@$(BIN)/python -m tools.launcher

# The virtual environment lives in the checkout; removing .venv undoes all set-up.
.venv/ready: requirements.lock pyproject.toml
	@echo "Setting up .venv: pinned packages, then DynamoDB Local (up to a minute, once)"
	@test -e $@ || rm -rf .venv  # Start an interrupted set-up again.
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	@sed -n '/^uv==/,/[^\]$$/p' requirements.lock | $(BIN)/pip install --quiet \
		--disable-pip-version-check --require-hashes --requirement /dev/stdin
	@$(UV) pip sync --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m polylog_cli.local.dynamodb
	@touch $@

lock: .venv/ready ## Update the pinned versions after a change in pyproject.toml (UPGRADE=--upgrade: take the newest)
	@$(UV) pip compile pyproject.toml --universal --python-version 3.11 --extra deploy --group dev --group test \
		$(LOCK_OPTIONS) --output-file requirements.lock
	@$(UV) pip compile --group emulator --universal --python-version 3.11 \
		$(LOCK_OPTIONS) --output-file tests/e2e/deployed/ministack.lock
	@$(UV) pip compile --group npm --universal --python-version 3.11 \
		$(LOCK_OPTIONS) --output-file cli/polylog_cli/local/npm.lock

clean: ## Undo the set-up: remove .venv and what was built
	rm -rf .venv .aws-sam site console/node_modules console/dist $(dir $(PAGE))
