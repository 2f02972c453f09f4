# Merestone. `make help` says what there is. Each target may be repeated; it does only what is still to do.

.PHONY: help run test lint bench clean
.DEFAULT_GOAL := help

help:
	@echo "make run     set up what is missing, build, and serve the demonstration border"
	@echo "make test    set up what is missing, build, and run all tests"
	@echo "make lint    formatting, lints, types and shell scripts"
	@echo "make bench   benchmarks (optimised build)"
	@echo "make clean   remove what builds have made; data are kept"

run:
	@scripts/run.sh

test:
	@scripts/test.sh

lint:
	@scripts/lint.sh

bench:
	@scripts/bench.sh

clean:
	@scripts/clean.sh
