# `make demo` and `make test` need only Python 3.11+ and make; everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 5000

.PHONY: demo test statistical kills cluster fuzz golden lint licences release lock ui notebooks tree schemas reference site clean

demo: .venv/core
	$(BIN)/eriq demo

# A file of tests stays on one process, so that it trains once for all of them; the slowest folder comes first. The
# processes share the cores: a small product of matrices takes 30 times as long if each of them asks for all cores.
test: .venv/dev
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# Simulations of many samples each, and the saved model on the public sets; an hour or two on two cores.
statistical: .venv/dev
	$(BIN)/python -m pytest -m long -s tests/statistical tests/e2e

# Sixty kills over four kinds of files and databases; PostgreSQL where .ci/postgres can start it.
kills: .venv/dev
	eval "$$(.ci/postgres start)" && { $(BIN)/python -m pytest -m long tests/scoring; \
	  code=$$?; .ci/postgres stop; exit $$code; }

# Two million rows on a Spark cluster of three processes, one of which is killed; needs Java 17.
cluster: .venv/dev
	$(BIN)/python -m pytest -m long tests/scoring/test_cluster.py

# Thousands of damaged tables and files, other ones each time: rows in are rows scored and set aside, or a named error.
fuzz: .venv/dev
	ERIQ_EXAMPLES=fuzz $(BIN)/python -m pytest -n 2 tests/scoring/test_fuzz.py tests/scoring/sources/test_text.py \
	  tests/scoring/sources/test_records.py

# Numbers of three trainings, written anew on purpose: read the diff.
golden: .venv/dev
	$(BIN)/python -m tests.golden.golden

lint: .venv/dev
	$(BIN)/ruff check src tests benchmarks conftest.py
	$(BIN)/ruff format --check src tests benchmarks conftest.py
	$(BIN)/mypy
	$(BIN)/lint-imports

# No package may bring a licence that binds what is built with it. Passed over are those that name none where the tool
# looks (their own files say MIT: axe-playwright-python, huey, interpret-core, skops; BSD-2-Clause: pyxform), and the
# PostgreSQL driver of an extra (LGPL: used as it is, never changed).
ALLOWED := 0BSD;3-Clause BSD License;Apache;BSD;ISC;MIT;MPL-2.0;Mozilla Public License;PSF-2.0;Python Software Foundation
licences: .venv/dev
	mkdir -p build
	$(BIN)/pip-licenses --format=csv --output-file=build/licences.csv
	$(BIN)/pip-licenses --partial-match --fail-on="GPL;General Public" --allow-only="$(ALLOWED)" >/dev/null \
	  --ignore-packages eriq axe-playwright-python huey interpret-core pyxform skops psycopg psycopg-binary

# What a release consists of, in dist/: the wheel, its bill of materials (CycloneDX) and the licences of all it brings.
release: licences
	rm -rf dist && mkdir -p dist
	$(BIN)/python -m hatchling build -t wheel
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --short-PURLs --output-reproducible \
	  --of JSON -o dist/eriq.cdx.json
	cp build/licences.csv dist/

ui: .venv/core
	$(BIN)/eriq ui --port $(PORT)

# Run the three notebooks in an empty folder and store what they give.
notebooks: .venv/dev
	$(BIN)/python -m tests.e2e.notebooks

# Write the tree in docs/architecture.md from the folders and the first line of each module.
tree: .venv/dev
	$(BIN)/python -m tests.e2e.tree

# Write configs/schemas from the models that check configs.
schemas: .venv/dev
	$(BIN)/eriq schema --out configs/schemas

# Write docs/reference from the models of configs and the contracts of tables.
reference: .venv/dev
	$(BIN)/python -m tests.e2e.reference

# Pins and hashes, no registry addresses; needs uv.
LOCK := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml
lock:
	$(LOCK) --group build --group docs --extra psychometrics -o requirements.lock
	$(LOCK) --all-extras --group dev -c requirements.lock -o requirements-dev.lock

# uv where it is present, else venv and pip; the stamp files say which lock is installed.
.venv/core: requirements.lock pyproject.toml
	./install requirements.lock $(PYTHON)
	touch $@

.venv/dev: requirements-dev.lock pyproject.toml
	./install requirements-dev.lock $(PYTHON)
	touch .venv/core $@

# The documentation, in build/site; with samples where a demo has left them in build/sample.
site: .venv/dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
