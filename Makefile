# The commands a person must know. Each first installs what it needs and this machine lacks (.ci/setup says what).
#   ARGS="..."  goes to the program: make demo ARGS="--minutes 3 --speed 10 --cut s1@40..100"

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The parts of a target stand in order (setup first), also under make -j.
.NOTPARALLEL:
.PHONY: help demo test check bench sim sim-quota sim-outage package fuzz web setup-% test-rust test-web check-rust check-web check-deps check-sh

LARDER_CACHE ?= $(HOME)/.cache/larder
# First what .ci/setup brought; last where Debian keeps cargo's and the daemons' binaries for people who are not root.
export PATH := $(LARDER_CACHE)/bin:$(PATH):$(HOME)/.cargo/bin:/usr/sbin:/sbin

CARGO := cargo
LOCKED := --locked
ARGS ?=
BENCHES := broker order-commit scan-ack agent-load pick-route sync-bytes sync-lag sync-fleet sync-catchup sync-catalogue grant-policy replace footprint

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: setup-demo ## a hub, two stores with devices, and people shopping; prints the addresses (Ctrl-C stops it)
	@$(CARGO) run $(LOCKED) --profile demo -p tests --bin demo -- $(ARGS)

test: setup-test test-rust test-web ## every test: units, scenarios, 200 seeds of the simulated world, kill -9, and a real browser

check: check-sh setup-check check-rust check-deps check-web ## format, lints, docs, licences, types; no warning passes

bench: setup-bench ## the scorecards, each against its peer or control
	@failed=; for name in $(BENCHES); do \
	    $(CARGO) run $(LOCKED) --release -p tests --bin scorecard -- $$name $(ARGS) || failed="$$failed $$name"; \
	done; if [ -n "$$failed" ]; then echo "bench: failed:$$failed" >&2; exit 1; fi

sim: setup-sim ## the long campaign of the deterministic world, and 100 times kill -9
	@$(CARGO) run $(LOCKED) --release -p tests --bin sim -- $(or $(ARGS),--seeds 1000 --hours 2)
	@LARDER_KILLS=100 $(CARGO) test $(LOCKED) --release -p tests --test kill9 --test kill9_devices

# Each target gets its share of MINUTES, a package's targets after each other. What a run finds lies in PACKAGE/fuzz/artifacts,
# what it learnt in corpus.
FUZZED := device-drivers firmware-config sync
fuzz: setup-fuzz ## every parser of foreign bytes against a fuzzer, MINUTES=10 in all
	@count=$$(ls $(FUZZED:%=%/fuzz/fuzz_targets/*.rs) | wc -l) && \
	for package in $(FUZZED); do (cd $$package && for name in $$($(CARGO) +nightly fuzz list); do \
	    mkdir -p fuzz/corpus/$$name && \
	    $(CARGO) +nightly fuzz run --sanitizer none $$name fuzz/corpus/$$name fuzz/seeds/$$name -- \
	        -max_total_time=$$(( $(or $(MINUTES),10) * 60 / count )) -timeout=60 -max_len=4096 -print_final_stats=1 $(ARGS) \
	        || exit 1; \
	done) || exit 1; done

package: setup-package ## the .deb of a store machine, installed into a prefix, run, removed again, and booted
	@deb=$$(store-node/packaging/build | tail -n 1) && store-node/packaging/check "$$deb" && echo "$$deb" && store-node/packaging/boot "$$deb"

sim-outage: setup-sim ## a store cut off for 30 days at 1,000 orders a day, and its catch-up
	@$(CARGO) run $(LOCKED) --release -p tests --bin sim_outage -- $(ARGS)

sim-quota: setup-sim ## the escrow's rules explored to the end, and 1,000 seeds of cuts, restores and shrinkage
	@LARDER_MODEL=full $(CARGO) test $(LOCKED) --release -p sync --test escrow_model -- --nocapture
	@$(CARGO) run $(LOCKED) --release -p tests --bin sim_quota -- $(or $(ARGS),--seeds 1000)
	@$(CARGO) run $(LOCKED) --release -p tests --bin sim_quota -- --both-lost --seeds 400
	@$(CARGO) run $(LOCKED) --release -p tests --bin sim_quota -- --full --seeds 20

# ---- parts of the above ---------------------------------------------------------------------------------------------

setup-%:
	@.ci/setup $*

web:
	@.ci/setup web

# nextest runs tests in parallel processes; without it cargo's own runner runs the same tests.
test-rust:
	@if cargo nextest --version >/dev/null 2>&1; then \
	    $(CARGO) nextest run $(LOCKED) --workspace --no-fail-fast && $(CARGO) test $(LOCKED) --workspace --doc --quiet; \
	else \
	    $(CARGO) test $(LOCKED) --workspace --no-fail-fast; \
	fi

# The walks use the dev build of the demo that the Rust tests have made already. They mostly wait, so those at the hub and
# those at a store go at the same time, each with a demo of its own; what the hub's said comes after what the store's said.
test-web:
	@npm run --silent test:unit
	@$(CARGO) build $(LOCKED) --quiet -p tests --bin demo
	@export LARDER_DEMO_BIN="$${LARDER_DEMO_BIN:-$$(realpath -m "$${CARGO_TARGET_DIR:-target}")/debug/demo}"; \
	said=$$(mktemp); trap 'rm -f "$$said"' EXIT; failed=0; \
	LARDER_WALKS=hub npm run --silent test:walk > "$$said" 2>&1 & hub=$$!; \
	LARDER_WALKS=store npm run --silent test:walk || failed=1; \
	wait $$hub || failed=1; cat "$$said"; exit $$failed

check-sh:
	@for script in .ci/setup .ci/run store-node/packaging/{build,check,boot,booted}; do bash -n $$script; done

check-rust:
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(LOCKED) --workspace --all-targets -- -D warnings
	$(CARGO) clippy $(LOCKED) -p device-drivers --features raspberry-pi -- -D warnings
	$(CARGO) build $(LOCKED) -p device-drivers --features raspberry-pi --bin device-agent
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(LOCKED) --workspace --no-deps --quiet

# Duplicated versions are warnings and stay quiet here; `cargo deny check bans` shows them.
check-deps:
	@$(CARGO) fetch $(LOCKED) --quiet # crates of other platforms too: cargo-deny reads them all
	$(CARGO) deny --offline -L error check bans licenses sources

check-web:
	npm run --silent check
