# A machine needs Rust, a C compiler and make, nothing else. `make help` lists what there is.

ROLLCALL_LISTEN ?= 127.0.0.1:8080
DATABASE ?= sqlite://$(CURDIR)/.local/demo.db
CARGO ?= cargo
SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help run test test-clients fuzz bench bench-quick bench-peers check fmt-check clippy doc layers msrv deny postgres

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: ## serve the sample data (ROLLCALL_LISTEN=127.0.0.1:8080, DATABASE=sqlite://…) and print a curl line a dialect
	@mkdir -p .local
	$(CARGO) run --release --locked -p gateway --bin rollcall -- \
		serve --demo --listen '$(ROLLCALL_LISTEN)' --database '$(DATABASE)'

test: postgres ## all tests, on SQLite and on a throw-away PostgreSQL
	$(CARGO) test --workspace --locked

test-clients: postgres ## clients from npm, in Ruby and in Python against the real program (needs node, npm, chromium, ruby with httparty, python3 with venv)
	$(CARGO) build --locked -p gateway --bin rollcall
	cd tests/clients && python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt
	cd tests/clients && npm ci && npm test

fuzz: ## look for inputs that break a parser, SECONDS=60 for each target (needs a nightly toolchain and cargo-fuzz)
	cd fuzz && for target in $$(ls fuzz_targets | sed 's/\.rs$$//'); do \
		mkdir -p target/found/$$target && \
		$(CARGO) +nightly fuzz run $$target target/found/$$target corpus/$$target -- \
			-max_total_time=$(SECONDS) -max_len=16384 -timeout=20 -print_final_stats=1 || exit 1; \
	done

bench: postgres ## speed, as ratios to a handler that answers the same bytes from a constant, into docs/performance.md
	$(CARGO) bench --locked -p gateway --bench performance

bench-quick: postgres ## the same in some minutes, roughly, into target/bench
	$(CARGO) bench --locked -p gateway --bench performance -- quick

bench-peers: ## the same questions to services on SAP CAP and FastAPI (needs node, npm, python3 with venv)
	cd benches/peers/cap && npm ci --no-audit --no-fund
	cd benches/peers/fastapi && python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt
	$(CARGO) bench --locked -p gateway --bench performance -- peers

check: fmt-check clippy doc layers msrv ## everything that CI checks beside the tests

fmt-check:
	$(CARGO) fmt --all --check

clippy:
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

doc:
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --locked

layers: ## that no crate imports what docs/architecture.md does not draw
	$(CARGO) test --locked -p gateway --test whole -- layers::

msrv: ## that no dependency needs a newer Rust than ours
	$(CARGO) test --locked -p gateway --test whole -- msrv::

deny: ## licences, bans and sources of all dependencies (needs cargo-deny)
	$(CARGO) deny --all-features check licenses bans sources

postgres: ## the PostgreSQL server programs that the tests need, installed if missing and allowed
	@sh scripts/postgres.sh
