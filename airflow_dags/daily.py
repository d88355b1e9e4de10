"""Runs every job for the day that ended (UTC), then writes the day's report.

A task is a job: it waits for the jobs that write what it reads. The first ones wait until the day's data has landed.

- **One day**: trigger it with `{"day": "2026-03-10"}`.
- **Many days**, in order: `airflow backfill create --dag-id daily --from-date 2026-03-01 --to-date 2026-03-10
  --max-active-runs 1`. Without `--max-active-runs 1` Airflow runs ten days at once, whatever the limit of this DAG, and
  a day builds on the day before. `--reprocess-behavior completed` runs days again that have run.
- **After a backfill**, and after a failed day was repaired: `winnow run --stale` runs again the later days that it
  changed.
"""

from airflow.providers.standard.sensors.date_time import DateTimeSensor
from airflow.sdk import CronDataIntervalTimetable, dag

from airflow_dags.commands import job_command, landed, report_command
from airflow_dags.tasks import DAY_PARAM, LANDING_HOURS, SCHEDULE, command_task
from jobs.manifest import DAILY, upstream


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    params={"day": DAY_PARAM},
    tags=["winnow", "daily"],
    doc_md=__doc__,
    **SCHEDULE,
)
def daily() -> None:
    wait = wait_for_data()
    tasks = {
        job.name: command_task(job.name, job_command(job), about=job.about, reads=job.reads, writes=job.writes)
        for job in DAILY
    }
    for job in DAILY:
        tasks[job.name].set_upstream([tasks[name] for name in upstream(job)] or wait)
    report = command_task("report", report_command(), about="Writes the day's page, for people to read.")
    report.set_upstream([task for task in tasks.values() if not task.downstream_task_ids])


def wait_for_data() -> DateTimeSensor:
    """Holds the run back until the day's last events have landed, without keeping a place of a task."""
    return DateTimeSensor(
        task_id="wait_for_data",
        target_time=landed(LANDING_HOURS),
        mode="reschedule",
        poke_interval=600,
        doc_md=f"Waits until {LANDING_HOURS} hours after the day's end (WINNOW_LANDING_HOURS).",
    )


daily()
