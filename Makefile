# Two commands do everything: `make run` and `make test`. Both need only Python 3.11+ and make.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv --quiet
# Two files at a time, in their order: the last ones are small. Bytecode is written even where the
# environment forbids it: without, each process of the command takes 0.7 s more to start.
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

run: .venv/ready $(PAGE) ## Serve all APIs on this machine, with sample events that go on
	@$(BIN)/polylog run --live

test: .venv/ready $(PAGE) ## Run the tests, DynamoDB Local included
	@$(PYTEST)

test-long: .venv/ready $(PAGE) ## Run what takes long: soaks, large logs, stacks on an emulator, all states in a browser
	@$(PYTEST) -m long --hypothesis-profile long

test-million: .venv/ready $(PAGE) ## Ask the console about a million events, which takes half an hour
	@$(PYTEST) -m million --numprocesses 0

test-properties: .venv/ready $(PAGE) ## Run the properties with four times as many examples
	@$(PYTEST) -m hypothesis --hypothesis-profile long

soak: .venv/ready ## Write logs as fast as they go, and judge what all APIs answer (SECONDS=600 MODE=mixed)
	@$(BIN)/python -m tools.soak --seconds $(or $(SECONDS),60) $(if $(MODE),--mode $(MODE))

check: lint types imports prose template ## Run these five checks

lint: .venv/ready ## Check the format of the code, and lint it
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check

types: .venv/ready ## Check the types
	@$(BIN)/mypy

imports: .venv/ready ## Check which module may import which
	@$(BIN)/lint-imports

prose: .venv/ready ## Look for phrases in the guides that docs/style/banned.txt names
	@$(BIN)/python -m tools.prose

template: .venv/ready ## Validate the template
	@AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0 $(BIN)/sam validate --lint

docs: .venv/ready ## Build the site of the guides, in site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

bench: .venv/ready ## Measure starts, pages, ingestion and HTTP (PARTS="cold warm": those), and renew docs/benchmarks.md
	@$(BIN)/python -m bench $(PARTS)

bench-scale: .venv/ready ## Measure logs of 10 thousand to 1 million events (SIZES="10000 100000": those)
	@$(BIN)/python -m bench.cases.scale $(SIZES)

bench-handlers: .venv/ready ## Measure how long the functions take
	@$(BIN)/python -m bench.cases.handlers

bench-counted: .venv/ready ## Count log bytes, read units of folding, and what is stored
	@$(BIN)/python -m bench.cases.counted

bench-console: .venv/ready $(PAGE) ## Measure the console in Chromium, over 100,000 events (TAIL_SECONDS=600)
	@$(BIN)/python -m bench.publish.console --tail-seconds $(or $(TAIL_SECONDS),600)

cost: .venv/ready ## Renew docs/cost.md, from what was measured
	@$(BIN)/python -m bench.publish.cost

shards: .venv/ready ## Renew what docs/deploying.md says of shards, from what was measured
	@$(BIN)/python -m bench.publish.shards

format: .venv/ready ## Format the code, and mend what the linter can
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

apis: .venv/ready ## Renew what docs/apis.md shows of an event in every dialect
	@$(BIN)/python -m tools.cross_reading

pictures: .venv/ready $(PAGE) ## Take the pictures of the console again
	@$(BIN)/python -m tools.pictures

openapi: .venv/ready ## Renew the OpenAPI documents of all dialects
	@$(BIN)/python -m tools.openapi

chromium: .venv/ready ## Fetch a browser for the tests of the console, where the machine has none (70 MB)
	@$(BIN)/python -m tools.chromium

console: $(PAGE) ## Build the web page; the others do that too, when its sources have changed

# Without a network, what needs no page goes on without it. Any other fault ends what was begun.
run test test-long test-million test-properties: PAGE_OPTIONS := --optional

# `sam build` runs this too, where .venv need not be.
$(PAGE): $(PAGE_SOURCES)
	@$(or $(wildcard $(BIN)/python),$(PYTHON)) -m tools.console $(PAGE_OPTIONS)

launcher: .venv/ready ## Compile what starts DynamoDB Local on loopback; needs a JDK
	@$(BIN)/python -m tools.launcher

# The virtual environment lives in the checkout; removing .venv undoes all set-up.
.venv/ready: requirements.lock pyproject.toml
	@echo "Setting up .venv: pinned packages, then DynamoDB Local (up to a minute, once)"
	@test -e $@ || rm -rf .venv  # An interrupted set-up is begun anew.
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	@sed -n '/^uv==/,/[^\]$$/p' requirements.lock | $(BIN)/pip install --quiet \
		--disable-pip-version-check --require-hashes --requirement /dev/stdin
	@$(UV) pip sync --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m polylog_cli.local.dynamodb
	@touch $@

lock: .venv/ready ## Renew the pinned versions after a change in pyproject.toml (UPGRADE=--upgrade: take the newest)
	@$(UV) pip compile pyproject.toml --universal --python-version 3.11 --extra deploy --group dev --group test \
		$(LOCK_OPTIONS) --output-file requirements.lock
	@$(UV) pip compile --group emulator --universal --python-version 3.11 \
		$(LOCK_OPTIONS) --output-file tests/e2e/deployed/ministack.lock
	@$(UV) pip compile --group npm --universal --python-version 3.11 \
		$(LOCK_OPTIONS) --output-file cli/polylog_cli/local/npm.lock

clean: ## Undo the set-up: remove .venv and what was built
	rm -rf .venv .aws-sam site console/node_modules console/dist $(dir $(PAGE))
