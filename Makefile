# Needs git, make, python3 with venv; the lab (test, demo, bench, soak) also root on Debian 12 or 13. `make help` lists the targets.
# Debian's own Python first: it is built with optimizations that another one in the PATH often lacks, a tenth of a run of Ansible.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip' 2>/dev/null && echo /usr/bin/python3 || echo python3)
# Ansible refuses any other encoding, and a bare machine has none set.
export LC_ALL = C.UTF-8
RUN = .venv/bin/python tests/run.py

.DEFAULT_GOAL := help
.PHONY: help venv check test soak demo demo-down bench build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

venv: ## the tools, in ~/.cache/baremetal-wandb; .venv links to them
	@$(PYTHON) tests/venv.py

check: venv ## lint, sanity and unit tests (under two minutes)
	@$(RUN) check

test: venv ## everything; SCENARIOS="mysql minio" runs a part
	@$(RUN) test $(SCENARIOS)

soak: venv ## the long fault and load series
	@$(RUN) soak

demo: venv ## the whole stack on lab hosts of this machine; WANDB_IMAGE=... WANDB_LICENSE=... use the real image
	@.venv/bin/python tests/demo/demo.py up

demo-down: venv ## removes the demo
	@.venv/bin/python tests/demo/demo.py down

bench: venv ## seconds and remote module executions of site.yml on the cluster lab
	@.venv/bin/python tests/bench/bench.py $(if $(ROUNDS),--rounds $(ROUNDS))

build: venv ## the collection archive
	@.venv/bin/python tests/run.py build
