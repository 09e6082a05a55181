# Everything a fresh clone needs. Asks only for Python 3.11 or newer with its venv module; no root, no services.

PYTHON   ?= python3
VENV     ?= .venv
BIN      := $(VENV)/bin
HEADLINE := scenarios/carbamazepine-to-levetiracetam.toml
PYTHONS  ?= python3.11 python3.14
FUZZ_SECONDS ?= 1800
AUDIT    ?=
MUTANTS  ?= 150
SEED     ?= 1
NIGHT    ?= $(shell date +%Y%m%d)
# Bytecode is made of what is used, when it is first used: that of everything would take as long as the rest.
PIP      := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.DEFAULT_GOAL := help
.PHONY: help run test test-fast fuzz check format docs validation compounds qualify qualification cross-validation headline advice bench drills fuzz-readers mutation nightly audit package clean

help:
	@echo "make run     install into $(VENV) and simulate the headline scenario: CSVs and picture"
	@echo "make test    the tests"
	@echo "make test-fast   those that need no compiler, no processes of their own and no patience"
	@echo "make fuzz    five hundred random systems and two thousand random scenarios of library drugs against scipy, what is told of them, their balance in lanes, all pairs of drugs in lanes, their properties, fifteen hundred fits, every shipped fit again"
	@echo "make nightly   two hundred random scenarios against scipy, others every night; those of NIGHT=20261128 again by that"
	@echo "make check   lint, types, layers"
	@echo "make format  lint fixes and code layout"
	@echo "make docs    write what the documents say of commands and library: docs/cli.md, marked parts of others"
	@echo "make validation PROFILES=curves.csv   predicted against published numbers into docs/validation.md"
	@echo "make compounds   published values of single drugs beside the library's, into docs/compounds.md"
	@echo "make qualify interaction studies against the kept summary; fails if a group got worse"
	@echo "make qualification   the same, written into the summary and docs/qualification.md"
	@echo "make cross-validation   every paper left out of the fits in turn, into docs/left-out.csv; ten minutes"
	@echo "make headline   the headline scenario in 5,000 patients, into docs/headline.md"
	@echo "make advice     doses through the switches of scenarios/advise, into docs/advise.md; half a minute"
	@echo "make bench   how long things take on this machine, beside other solvers, into docs/benchmarks.md"
	@echo "make drills  kills aimed at the write, and damage to the cache, counted: docs/reliability.md; half an hour"
	@echo "make fuzz-readers   mutated files for every reader, FUZZ_SECONDS each (1800); faults go to tests/corpus"
	@echo "make audit   uv.lock against known vulnerabilities of every version in it; AUDIT takes further options of uv audit"
	@echo "make mutation   MUTANTS (150) changes of each of five packages, drawn by SEED (1): the share that the tests notice; hours"
	@echo "make package wheel and sdist, each installed and run in a bare environment of every one of PYTHONS"
	@echo "make clean   remove $(VENV), caches and results"

run: $(VENV)/.installed
	$(BIN)/pkinteract run $(HEADLINE)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

# Fails when a test without the mark "compiled" had something compiled: then the folder for object code is there.
test-fast: $(VENV)/.installed-dev
	@rm -rf $(VENV)/.no-compiler
	PKINTERACT_CACHE=$(abspath $(VENV))/.no-compiler $(BIN)/python -m pytest -m "not compiled and not cluster and not slow"
	@test ! -e $(VENV)/.no-compiler || { echo "a test had code compiled and is not marked so: see $(VENV)/.no-compiler"; exit 1; }

fuzz: $(VENV)/.installed-dev
	PKINTERACT_FUZZ=500 PKINTERACT_SCENARIOS=2000 $(BIN)/python -m pytest -n 2 tests/simulation/test_random_scenarios.py tests/report/test_random_answers.py tests/engine/test_random_systems.py tests/engine/test_lane_balance.py tests/simulation/test_pairs.py tests/simulation/test_properties.py tests/fitting/test_fit_coverage.py tests/fitting/test_shipped_fits.py

nightly: $(VENV)/.installed-dev
	PKINTERACT_SCENARIOS=200 PKINTERACT_FIRST=$(NIGHT)000 $(BIN)/python -m pytest -n 2 tests/simulation/test_random_scenarios.py

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict pkinteract
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-dev
	$(BIN)/python docs/refresh_cli.py
	$(BIN)/python docs/refresh_library.py

validation: $(VENV)/.installed-dev
	$(BIN)/python docs/validate.py $(PROFILES)
	$(BIN)/python docs/compounds.py

compounds: $(VENV)/.installed-dev
	$(BIN)/python docs/compounds.py

qualify: $(VENV)/.installed-dev
	$(BIN)/python docs/qualify.py

qualification: $(VENV)/.installed-dev
	$(BIN)/python docs/qualify.py --write
	$(BIN)/python docs/refresh_library.py

cross-validation: $(VENV)/.installed-dev
	$(BIN)/python docs/cross_validate.py

headline: $(VENV)/.installed-dev
	$(BIN)/python docs/headline.py

advice: $(VENV)/.installed-dev
	$(BIN)/python docs/advise.py

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/run.py

drills: $(VENV)/.installed-dev
	nice $(BIN)/python tests/drills/kills.py
	nice $(BIN)/python tests/drills/caches.py

fuzz-readers: $(VENV)/.installed-dev
	nice $(BIN)/python tests/drills/readers.py --seconds $(FUZZ_SECONDS)

# The lock as a whole, for every interpreter and system; a service that cannot be reached is an error.
audit:
	@rm -rf build/audit && mkdir -p build && $(PYTHON) -m venv build/audit
	@build/audit/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14'
	build/audit/bin/uv audit --frozen --preview-features audit-command $(AUDIT)

mutation: $(VENV)/.installed-dev
	nice $(BIN)/python tests/drills/mutation.py --count $(MUTANTS) --seed $(SEED)

# An interpreter that is not there is an error: what is released has been run on all of them.
package: $(VENV)/.installed-dev
	@rm -rf dist build/bare && mkdir -p build
	@$(PIP) build
	$(BIN)/python -m build --outdir dist .
	@set -e; for python in $(PYTHONS); do for made in dist/*.whl dist/*.tar.gz; do \
		echo "$$python: $$made"; \
		rm -rf build/bare; $$python -m venv build/bare; \
		build/bare/bin/python -m pip install --quiet --disable-pip-version-check "$$made"; \
		(cd build && bare/bin/pkinteract run ../$(HEADLINE) --out bare/results && \
			bare/bin/pkinteract rerun bare/results/run.json --out bare/again && \
			bare/bin/pkinteract population ../scenarios/carbamazepine-single-dose.toml -n 20 --out bare/people) >build/bare.log \
			|| { cat build/bare.log; exit 1; }; \
	done; done

clean:
	rm -rf $(VENV) results build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "pkinteract needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || \
		{ echo "no environment could be made; on Debian or Ubuntu install the package python3-venv"; exit 1; }
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	@echo "Installing pkinteract into $(VENV); this takes a minute or two and happens once."
	@$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing the development tools into $(VENV)."
	@$(PIP) --editable '.[dev]'
	@touch $@
