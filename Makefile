# Every target does its own set-up. `make demo` and `make test` need Python 3.11+ and nothing else.
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
ENV := .venv/.ready
SNAKEMAKE := .venv/bin/snakemake --cores $(CORES)
PYTHON := .venv/bin/python

.PHONY: env demo test test-full slurm lint format clean

env: $(ENV)

$(ENV): pyproject.toml uv.lock envs/setup.sh
	sh envs/setup.sh
	touch $@

demo: $(ENV)
	$(SNAKEMAKE) --configfile config/demo.yaml
	$(SNAKEMAKE) --configfile config/demo.yaml --report results/demo/report.html
	$(SNAKEMAKE) map --configfile config/demo.yaml --config event=SIM09
	@echo "Open results/demo/report.html and results/demo/maps/SIM09/map.html in a browser"
	@echo "(everything in them is simulated)."

test: lint slurm
	$(PYTHON) -m pytest -m "not full" -n auto --dist loadfile

test-full: lint slurm
	$(PYTHON) -m pytest

# Packages of the SLURM that tests start. Where they cannot be had, those tests are skipped.
slurm:
	sh tests/slurm/install.sh

lint: $(ENV)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/snakefmt --check Snakefile workflow
	.venv/bin/snakemake --lint --config source=simulated

format: $(ENV)
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/snakefmt Snakefile workflow

clean:
	rm -rf results/demo results/tiny .snakemake
