"""Trains the models every Monday at noon (UTC), on what was known by the end of Sunday, whose jobs have run by then.

A model is active from the day after, which is not scored yet. Where later days are scored already, training refuses:
`{"day": "2026-03-08", "stale": true}` lets them go stale, and `winnow run --stale` repairs them.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import CronDataIntervalTimetable, Param, chain, dag

from airflow_dags.commands import train_command
from airflow_dags.tasks import DAY_PARAM, SCHEDULE, command_task
from jobs.manifest import MODELS


@dag(
    schedule=CronDataIntervalTimetable("0 12 * * 1", timezone="UTC"),
    params={
        "day": DAY_PARAM,
        "stale": Param(False, type="boolean", description="Train even if later days are scored already."),
    },
    tags=["winnow", "training"],
    doc_md=__doc__,
    **SCHEDULE,
)
def training() -> None:
    chain(*(train(model) for model in MODELS))


def train(model: str) -> BashOperator:
    return command_task(
        f"train_{model}",
        train_command(model),
        about=f"Trains the {model} model; it is active from the day after if it passes the promotion gate.",
        writes=("training_sets", "model_versions", "model_activations"),
    )


training()
