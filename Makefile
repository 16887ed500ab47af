# Hutong's chores. `make help` lists them.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO ?= go
ARGS ?=
FUZZTIME ?= 60s
TIMEOUT ?= 20m

# golangci-lint is built here, once a version, so that nobody's own gets in the way.
LINT_VERSION := v2.15.0
LINT := .cache/bin/golangci-lint-$(LINT_VERSION)
VULN_VERSION := v1.9.0

# What the page's bundle is made of. Without Node the binary gets a page that says so.
NODE := $(shell command -v node 2>/dev/null)
WEB_SOURCES := $(shell find web/src -type f 2>/dev/null) web/build.mjs web/package.json web/tsconfig.json
WEB := $(if $(NODE),web/dist/index.html)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: run
run: build ## build all of it and show the synthetic city on http://127.0.0.1:8080 (ARGS="--features 1000000")
	./bin/hutong demo $(ARGS)

.PHONY: build
build: $(WEB) ## build bin/hutong, with the page if there is Node
	$(GO) build -trimpath -o bin/hutong ./cmd/hutong

.PHONY: release
release: $(WEB) ## build archives for Linux and macOS into bin/release (VERSION=v1.2.3 TARGETS="linux/amd64 linux/arm64")
	GO="$(GO)" scripts/release

.PHONY: image
image: ## build the container image hutong:VERSION with podman or docker
	scripts/image

.PHONY: web
web: web/dist/index.html ## build the page into web/dist

web/node_modules/.package-lock.json: web/package-lock.json web/package.json
	npm --prefix web ci
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	npm --prefix web run build
	@touch $@

.PHONY: test
test: $(WEB) ## run all tests, with the race detector; real data and Chromium are used where they are
	$(if $(NODE),npm --prefix web test)
	@# The longest package stands first, so that the others run beside it.
	$(GO) test -race -shuffle=on -timeout $(TIMEOUT) ./internal/e2e ./...

.PHONY: e2e
e2e: $(WEB) ## run the tests of the built binary only
	$(GO) test -race -shuffle=on -timeout $(TIMEOUT) -v ./internal/e2e/...

.PHONY: soak
soak: ## run the tests of the store, the tiles and the service twenty times, shuffled, with fresh seeds and the race detector; kill the MQTT listener 200 times, the server 50 times, and with NATS clients 50 times; load a server for ten minutes and see that its memory stays flat
	HUTONG_SEED=$$RANDOM $(GO) test -race -shuffle=on -count=20 -timeout 2h ./layers/... ./tiles/... ./ingest/... ./api/... ./internal/app
	HUTONG_SEED=$$RANDOM $(GO) test -count=1 -timeout 30m -v -run '^TestKillLoop$$' ./ingest/mqtt -mqtt.rounds=200
	$(GO) test -count=1 -timeout 60m -v -run '^TestMQTTKillLoop$$' ./internal/e2e -mqtt.rounds=200
	$(GO) test -count=1 -timeout 60m -v -run '^TestNATSKillLoop$$' ./internal/e2e -nats.rounds=50
	HUTONG_SEED=$$RANDOM $(GO) test -count=1 -timeout 60m -v -run '^TestKillLoop$$' ./internal/e2e -kill.rounds=50
	HUTONG_SEED=$$RANDOM $(GO) test -count=1 -timeout 30m -v -run '^TestFlat$$' ./internal/e2e -flat.seconds=600

.PHONY: fuzz
fuzz: ## fuzz every target for FUZZTIME (60s)
	GO="$(GO)" scripts/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## run all benchmarks once
	$(GO) test -run '^$$' -bench . -benchmem -timeout 60m ./...

.PHONY: bench-compare
bench-compare: ## ten runs of BENCH (.) in PKG (./...) on BASE (main) and here, through benchstat
	GO="$(GO)" scripts/bench-compare "$(or $(BASE),main)" "$(or $(PKG),./...)" "$(or $(BENCH),.)"

.PHONY: bars
bars: ## measure what this project promises; takes up to an hour
	GOMAXPROCS=2 $(GO) test ./internal/bars -run TestBars -bars -v -timeout 60m

.PHONY: golden
golden: ## rewrite the golden files of all tests that have some; look at the diff
	scripts/golden "$(GO)"

.PHONY: mutations
mutations: ## break what hides in one way after the other: the privacy suite must see each; takes half an hour
	scripts/mutations "$(GO)"

.PHONY: fmt
fmt: $(LINT) ## format all Go code (gofumpt, goimports)
	$(LINT) fmt

.PHONY: fmt-check
fmt-check: $(LINT) ## fail if some Go code is not formatted
	$(LINT) fmt --diff

.PHONY: vet
vet: ## go vet, and the types of the page
	$(GO) vet ./...
	$(if $(NODE),$(MAKE) web && npm --prefix web run check)

.PHONY: lint
lint: $(LINT) ## run golangci-lint with .golangci.yml
	$(LINT) run ./...

.PHONY: vuln
vuln: ## look our libraries up in the public database of vulnerabilities
	$(GO) run golang.org/x/vuln/cmd/govulncheck@$(VULN_VERSION) ./...

.PHONY: ci
ci: ## everything that must pass before a change lands, in the order of the quickest answer
	$(MAKE) fmt-check
	$(MAKE) vet
	$(MAKE) lint
	$(MAKE) test
	$(MAKE) fuzz FUZZTIME=1000x
	$(MAKE) build
	./bin/hutong version

.PHONY: clean
clean: ## remove what was built
	rm -rf bin .cache web/node_modules web/.test
	find web/dist -mindepth 1 ! -name .gitignore -delete

$(LINT):
	@mkdir -p .cache/bin/tmp
	GOFLAGS= GOBIN="$(CURDIR)/.cache/bin/tmp" $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv .cache/bin/tmp/golangci-lint $@
