"""Rules of the source that no compiler checks: names, words, and code that nothing uses.

`make lint` runs this file; import-linter checks the direction of imports.
"""

from collections import Counter
from pathlib import Path

from vulture import Vulture

from schemas import catalog
from schemas.table import Table
from tests.support.former_words import STILL_USED, uses

ROOT = Path(__file__).parents[1]
FOLDERS = ("lib", "jobs", "udfs", "schemas", "airflow_dags")

BY_DECORATOR = ["@*.command", "@*.callback", "@*.register_keras_serializable", "@*_validator", "@before_model"]
BY_NAME = {
    "pydantic and its settings": "cls model_config settings_cls settings_customise_sources dotenv_settings",
    "getattr, by the name of a metric": "min_auc min_ap min_recall_at_fpr_01",
    "asdict, for --json and MLflow": "recall_at_fpr_001 recall_at_fpr_01 pair_recall pair_precision ari",
    "getattr, by the reasons that a row was left out": "unparsed contradicted",
    "a whole dataclass is written as a row": "accuracy accuracy_low accuracy_high chance_accuracy estimated_accuracy",
    "a whole dataclass is written as a row of runs": "started_at config_hash",
    "typer": "list_commands ctx disabled",
    "keras": "compute_output_shape row_shape ids_shape",
    "jinja": "filters",
    "the result of a fit, for whoever calls it": "converged",
    "a value that is checked when it is read": "timezone",
    "a type's name inside quotes": "DomainsOf",
    "one process, without Spark: what the tests compare the distributed one with": "find_in append_only",
}


def test_a_name_of_a_file_is_used_once_in_lib() -> None:
    names = Counter(path.name for path in (ROOT / "lib").rglob("*.py") if path.name != "__init__.py")
    assert [name for name, times in names.items() if times > 1] == []


def test_there_are_fewer_files_than_a_person_can_get_lost_in() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path.read_text().strip()]
    assert len(files) < 200


def test_former_words_do_not_come_back() -> None:
    assert [place for place in uses(ROOT) if place.split(": ")[1] not in STILL_USED] == []


def test_everything_is_used() -> None:
    """Functions, classes, variables, settings and fields of dataclasses; vulture's 60% are those without proof."""
    job_functions = [path.stem for path in (ROOT / "jobs").glob("*.py")]  # the runner imports a job by its name
    tables = [name for module in catalog.MODULES for name, value in vars(module).items() if isinstance(value, Table)]
    names = [*job_functions, *tables, *" ".join(BY_NAME.values()).split()]
    search = Vulture(ignore_names=names, ignore_decorators=BY_DECORATOR)
    search.scavenge([str(ROOT / folder) for folder in (*FOLDERS, "examples")])
    assert [item.get_report() for item in search.get_unused_code(min_confidence=60)] == []
