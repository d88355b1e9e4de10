"""Run history: what each job read and wrote."""

from schemas.table import Column, Table, day_column

HASHES = "map<string, string>"

RUNS = Table(
    name="runs",
    row="One execution of one job for one day.",
    key=("run_id",),
    day="",
    columns=(
        Column("run_id", "string", "unique"),
        Column("job", "string", "the job, or the command that wrote"),
        day_column("the day it ran for"),
        Column("status", "string", "done, skipped (what it needs is not there) or failed"),
        Column("message", "string", "why it was skipped or failed", nullable=True),
        Column("started_at", "timestamp", "wall clock (UTC)"),
        Column("seconds", "double", "of the job; a range of days in one pass shares them evenly"),
        Column("input_hashes", HASHES, "for each table that it read: hash of the rows of its span; for each source: its fingerprint"),
        Column("input_versions", "map<string, bigint>", "for each table that it read: its Delta version"),
        Column("output_hashes", HASHES, "for each table that it writes: hash of the stored rows of the day; TABLE@DAY for rows that are read by another day"),
        Column("output_versions", "map<string, bigint>", "for each table that it changed: the Delta version of the commit"),
        Column("rows_out", "map<string, bigint>", "rows of the day in each table that it writes"),
        Column("counts", "map<string, bigint>", "row counts of the job, such as read, kept, duplicates, quarantined"),
        Column("config_hash", "string", "hash of the sections of the configuration that the job is handed"),
        Column("code_hash", "string", "hash of the source code of jobs, udfs, lib and schemas"),
        Column("model_version", "string", "the model that it used", nullable=True),
    ),
)  # fmt: skip
