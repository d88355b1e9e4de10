# Every target sets up what it needs, in .venv and .venv-airflow; the machine needs Python 3.11 and nothing else.
# Variables: PYTHON=/path/to/python3.11, and ARGS="..." for pytest.

PY := .venv/bin/python

# Another Python's or another Spark's settings must not reach this one.
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV SPARK_HOME PYSPARK_PYTHON PYSPARK_DRIVER_PYTHON PYSPARK_SUBMIT_ARGS

.DEFAULT_GOAL := help
.PHONY: bench bench-scoring help setup airflow-setup demo airflow mlflow evaluate-weeks test lint format clean distclean docs

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv: the locked packages, Java 21 if there is no 17 or 21, Delta's jars
	@sh bin/setup

airflow-setup:
	@sh bin/setup airflow

demo: setup ## Run Winnow on the real sample in examples/mail
	@$(PY) examples/mail/demo.py

airflow: setup airflow-setup ## Start Airflow with the schedules on this machine (Ctrl-C ends it)
	@exec bin/airflow standalone

mlflow: setup ## Show the trained versions on http://127.0.0.1:5000 (LAKE=path, PORT=5000; Ctrl-C ends it)
	@sh bin/mlflow $(or $(LAKE),examples/mail/lake) $(or $(PORT),5000)

evaluate-weeks: setup ## Train before each of nine weeks of the mail sample, and judge the week (many minutes)
	@$(PY) examples/mail/weeks.py $(ARGS)

test: lint airflow-setup ## Lint, then run the tests (ARGS="-k graph" picks some)
	$(if $(ARGS),,.venv-airflow/bin/python -m pytest --confcutdir tests/airflow_dags tests/airflow_dags)
	$(PY) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

bench: setup ## Compare the distributed jobs with single processes (BENCH_ONLY=graph,clusters,features,runs; an hour and a half)
	@$(PY) -m tests.benchmarks

bench-scoring: setup ## Measure how fast the models score in Spark (BENCH_LINKS=100000 for fewer links)
	@$(PY) -m tests.benchmarks.scoring

lint: setup ## Check style, types, the direction of imports, unused code, names, spelling and prose
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(PY) -m pytest tests/test_architecture.py
	$(PY) -m codespell_lib *.md Makefile pyproject.toml bin lib jobs udfs schemas airflow_dags tests examples
	$(PY) -m proselint check --config .proselint.json $$(find . -name '*.md' -not -path './.*')

docs: setup ## Write the generated pages again
	@$(PY) -m schemas.reference
	@$(PY) -m jobs.cli.reference

format: setup ## Format the code and sort its imports
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean: ## Remove what runs have left behind, but not .venv
	rm -rf build dist spark-warehouse metastore_db derby.log examples/mail/lake examples/mail/weeks examples/mail/report.html
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv*' -not -path './.uv/*' -prune -exec rm -rf {} +

distclean: clean ## Remove the environments as well, and what Airflow keeps
	rm -rf .venv .venv-airflow .uv .airflow
