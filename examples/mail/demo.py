"""Winnow on three months of real mail: history, training, four days, and how good they were.

`make demo` runs this in one process, through the commands of the README.
"""

import json
import os
import shutil
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from jobs.cli.main import app

HERE = Path(__file__).parent
CONFIG, LAKE, REPORT = HERE / "winnow.toml", HERE / "lake", HERE / "report.html"
HISTORY = "ingest,build_tiles,track_first_seen,collect_labels"
NEXT = "build_domain_features"  # the first job that the history leaves out
FIRST, TRAINING_DAY, LAST = "2001-06-25", "2002-09-15", "2002-09-22"
os.environ["WINNOW_CONFIG"] = str(CONFIG)


def winnow(*words: str) -> None:
    """One command, as it is typed."""
    print(f"\n$ winnow {' '.join(words)}", flush=True)
    app(list(words), standalone_mode=False)


def answers(*words: str) -> list[dict[str, Any]]:
    """What a command prints with --json: an object per line."""
    said = StringIO()
    with redirect_stdout(said):
        app([*words, "--json"], standalone_mode=False)
    return [json.loads(line) for line in said.getvalue().splitlines() if line.startswith("{")]


def main() -> None:
    started = time.monotonic()
    shutil.rmtree(LAKE, ignore_errors=True)
    winnow("check")
    winnow("run", "--day", FIRST, "--to", LAST, "--only", HISTORY)
    winnow("train", "domain", "--day", TRAINING_DAY)
    winnow("train", "account", "--day", TRAINING_DAY)
    winnow("run", "--day", "2002-09-16", "--to", "2002-09-18", "--from", NEXT)
    winnow("run", "--day", LAST, "--from", NEXT)
    winnow("report", "--day", LAST, "--out", str(REPORT))
    winnow("sql", FOUND)
    winnow("sql", WEIGHTS)
    winnow("clusters", "list", "--day", LAST)
    winnow("queue", "list", "--day", LAST)
    winnow("evaluate", "day", "--day", LAST, "--truth", str(HERE / "truth.csv"))
    print(last_line(time.monotonic() - started))


FOUND = """
SELECT entity_kind AS kind, replace(entity_id, '.', '[.]') AS who, action, round(score, 3) AS score,
       array_join(collect_list(sentence), '\\n') AS because
FROM (SELECT * FROM why WHERE state = 'new' AND day = DATE'2002-09-22' AND rank <= 3 ORDER BY rank)
GROUP BY ALL ORDER BY score DESC, who LIMIT 8
"""
WEIGHTS = """
SELECT entity_kind AS kind, detector, round(weight, 3) AS weight, examples AS fitted_on
FROM winnow.fusion_weights WHERE day = DATE'2002-09-22' ORDER BY kind, detector = 'bias', detector
"""


def last_line(seconds: float) -> str:
    figures = answers("evaluate", "day", "--day", LAST, "--truth", str(HERE / "truth.csv"))[0]
    counts = answers(
        "sql",
        "SELECT (SELECT count(DISTINCT day) FROM winnow.entity_scores) AS days, "
        "(SELECT count(*) FROM winnow.decisions WHERE state = 'new') AS decisions, "
        "(SELECT count(*) FROM winnow.review_queue) AS queue",
    )[0]
    return (
        f"demo: days={counts['days']} decisions={counts['decisions']} queue={counts['queue']} "
        f"domain_auc={figures['domain_auc']:.3f} account_auc={figures['account_auc']:.3f} "
        f"queue_precision={figures['queue_precision']:.3f} seconds={seconds:.0f} "
        f"report={os.path.relpath(REPORT)}"
    )


if __name__ == "__main__":
    main()
