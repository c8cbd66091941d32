# Every target of wheelhouse. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BIN   := $(CURDIR)/bin
TOOLS := $(CURDIR)/.cache/tools
export GOFLAGS ?= -buildvcs=false

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | column -t -s "$$(printf '\t')"

.PHONY: demo
demo: build ## a real control plane, sample applications and the console, in one command
	@PATH="$(BIN):$$PATH" $(BIN)/wheelhouse demo

.PHONY: build
build: ## build the binaries into bin/
	@mkdir -p $(BIN)
	go build -o $(BIN)/wheelhouse .
	cd playground && go build -o $(BIN)/wheelhouse-playground ./cmd/wheelhouse-playground

.PHONY: playground
playground: build ## start a playground in the foreground (PLAYGROUND_DIR, default .cache/playground)
	$(BIN)/wheelhouse-playground up --dir $${PLAYGROUND_DIR:-$(CURDIR)/.cache/playground}

.PHONY: test
test: components ## everything: unit tests, the fixtures of Helm, Kustomize and Jsonnet, an engine under the race detector, and the program end to end
	go test -race ./...
	cd test/conformance && go test -race -count=1 ./...
	cd test/bench && go test -race -count=1 ./...
	cd playground && go test -race -count=1 -timeout 25m ./...

.PHONY: conformance
conformance: ## the fixtures of Helm, Kustomize and Jsonnet, rendered by their programs and by wheelhouse
	cd test/conformance && go test -race -count=1 -v -run '^Test(Helm|Kustomize|Jsonnet)$$' . | grep -vE '^ *(=== |--- PASS)'

.PHONY: components
components: build ## compile the control plane's components once
	@$(BIN)/wheelhouse-playground components

.PHONY: check
check: lint test ## what must hold before a commit

.PHONY: lint
lint: $(TOOLS)/golangci-lint $(TOOLS)/gofumpt ## formatting and static checks, all modules
	@out="$$($(TOOLS)/gofumpt -l $$(git ls-files '*.go'))"; if [ -n "$$out" ]; then echo "not formatted with gofumpt:"; echo "$$out"; exit 1; fi
	$(TOOLS)/golangci-lint run ./...
	cd playground && $(TOOLS)/golangci-lint run --config ../.golangci.yml ./...
	cd test/conformance && $(TOOLS)/golangci-lint run --config ../../.golangci.yml ./...
	cd test/bench && $(TOOLS)/golangci-lint run --config ../../.golangci.yml ./...

$(TOOLS)/golangci-lint $(TOOLS)/gofumpt: tools/go.mod
	@mkdir -p $(TOOLS)
	cd tools && GOBIN=$(TOOLS) go install tool

.PHONY: format
format: $(TOOLS)/gofumpt ## format all Go files
	$(TOOLS)/gofumpt -w $$(git ls-files '*.go')

.PHONY: soak
soak: soak-compare soak-kill ## both of the following, one after the other

.PHONY: soak-compare
soak-compare: components ## 10,000 random comparisons beside real applies (SOAK: how many)
	cd playground && WHEELHOUSE_SOAK=$${SOAK:-10000} go test -count=1 -v -timeout 2h -run TestVerdictsAreTrue ./comparetest

.PHONY: soak-kill
soak-kill: components ## operations killed 200 times, at every kind of journal entry (WHEELHOUSE_KILLS, WHEELHOUSE_SEED)
	cd playground && WHEELHOUSE_KILLS=$${WHEELHOUSE_KILLS:-200} go test -count=1 -v -timeout 2h -run '^TestKilled$$' ./e2e

.PHONY: bench
bench: components ## rendering beside helm, then the engine beside bare loops, helm and kubectl as one table (BENCH: flags, such as "-only write")
	cd test/conformance && go test -run '^$$' -bench . -benchtime 3x .
	cd test/bench && go build -o $(BIN)/bench . && $(BIN)/bench -plot $(CURDIR)/docs/images/memory.svg $(BENCH)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME each (default 30s)
	@grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r f; do \
	  for t in $$(grep -oE '^func (Fuzz[A-Za-z0-9_]*)' $$f | cut -d' ' -f2); do \
	    echo "== $$t ($$(dirname $$f))"; (cd $$(dirname $$f) && go test -run '^$$' -fuzz "^$$t$$" -fuzztime $${FUZZTIME:-30s} .) || exit 1; \
	  done; done

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BIN) $(CURDIR)/.cache
