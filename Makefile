PYTHON ?= python3
BIN := .venv/bin

unexport PYTHONDONTWRITEBYTECODE # tests start a hundred processes, each of which would compile all modules
.DEFAULT_GOAL := help
.PHONY: help run test check fuzz lint architecture pictures bench faults lock audit sbom release clean

help: ## List the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

run: .venv/runtime ## Serve the site on http://localhost:8000 (PORT), with everything it needs
	@exec $(BIN)/python manage.py serve --prepare

test: .venv/dev ## Run every test; those in a browser need Chromium
	$(BIN)/python -m pytest $(PARALLEL)
PARALLEL := -n auto --dist worksteal

check: lint ## Lint, and run the quick tests: none in a browser, none marked slow
	$(BIN)/python -m pytest $(PARALLEL) -m "not faults and not browser and not slow"

fuzz: .venv/dev ## Run the property tests with random examples for SECONDS (600)
	$(BIN)/python -m tests.fuzz $(SECONDS)
SECONDS := 600

lint: .venv/dev ## Check style, types, the packages, migrations and the files of deploy/
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python -m docs.architecture --check
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m deploy.migrations
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/kubernetes-validate --quiet --strict deploy/kubernetes/*.yaml
	env DATABASE_URL=postgres://nobody@127.0.0.1/none ALLOWED_HOSTS=api.example.com \
		SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

architecture: .venv/dev ## Draw docs/architecture.svg from the import graph
	$(BIN)/python -m docs.architecture

pictures: .venv/dev ## Take the screenshots for the README and the docs; needs Chromium
	$(BIN)/python -m docs.pictures

bench: .venv/dev ## Measure the site, and write docs/performance.md; needs wrk
	$(BIN)/python -m bench --write

faults: .venv/dev ## Under load, kill processes, stop the database and fill the disk
	$(BIN)/python -m pytest -m faults tests/faults

lock: .venv/dev ## Compile the requirements files from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml $(LOCK) -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --group dev -c requirements.txt $(LOCK) -o requirements-dev.txt
	$(BIN)/uv pip compile --group audit $(LOCK) -o requirements-audit.txt
	$(BIN)/uv pip compile --group litellm -c requirements.txt -c requirements-dev.txt $(LOCK) -o requirements-litellm.txt
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet

audit: .venv/audit ## Check the locked packages for known vulnerabilities; exits with 2 if the service cannot be reached
	$(BIN)/python -m deploy.audit

sbom: .venv/audit ## Write a list of what make run installs to sbom.cdx.json (CycloneDX)
	$(BIN)/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible --output-file sbom.cdx.json

release: .venv/dev ## Write VERSION (such as 0.3.0) into the files and the heading of the changes
	$(BIN)/python -m deploy.release $(VERSION)

clean: ## Remove the virtual environment; the data in .data stays
	rm -rf .venv

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Python 3.11 or newer is needed; $(PYTHON) is {sys.version.split()[0]}. Name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt .venv/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.venv/audit: requirements-audit.txt .venv/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.txt
	@touch $@

.venv/litellm: requirements-litellm.txt .venv/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-litellm.txt
	@touch $@
