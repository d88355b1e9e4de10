"""A small made-up platform: a few weeks of events with spam in them, and settings to run it on."""

import csv
import json
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from lib.config import Config, read_config
from lib.session import FIXED
from tests.support.builders import DAY

# Tables of a few rows: compiling a query, and planning it anew at each shuffle, takes longer than running it. The JVM's
# second compiler, over two such days, takes half as much again of both processors as all the rest.
SPARK: dict[str, Any] = {
    "master": "local[2]",
    "driver_memory": "2g",
    "shuffle_partitions": 2,
    "options": {
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.extraJavaOptions": f"{FIXED['spark.driver.extraJavaOptions']} -XX:TieredStopAtLevel=1",
    },
}
FIRST, TRAINED = DAY - timedelta(days=14), DAY - timedelta(days=2)
GOOD = [
    f"{name}.example"
    for name in [
        "garden",
        "harbour",
        "library",
        "museum",
        "orchard",
        "printer",
        "quarry",
        "railway",
        "station",
        "theatre",
    ]
]
SPAM = [f"{a}-{b}.example" for a in ("cheap", "free", "win") for b in ("pills", "casino", "loans", "watches")]


def events(day: date) -> list[dict[str, Any]]:
    """A day's posts: regular accounts link to good domains, spam accounts to one of this week's spam domains."""
    chance = random.Random(day.toordinal())  # noqa: S311
    posts = [
        post(day, chance, f"user{chance.randrange(25)}", chance.choice(GOOD), "article/reading") for _ in range(40)
    ]
    posts += [post(day, chance, f"bot{chance.randrange(12)}", chance.choice(SPAM), "offer/buy-now") for _ in range(25)]
    posts += [post(day, chance, f"user{chance.randrange(25)}", None, "") for _ in range(5)]
    posts += [post(day, chance, f"ring{n}", SPAM[n], "win/prize") | {"net": "10.99.0.0"} for n in range(3)]
    return [{**made, "id": f"{day}-{number}"} for number, made in enumerate(posts)]


def post(day: date, chance: random.Random, who: str, domain: str | None, path: str) -> dict[str, Any]:
    hour = chance.randrange(24) if who.startswith("user") else 3
    when = datetime(day.year, day.month, day.day, hour, chance.randrange(60))  # noqa: DTZ001 - written as UTC text
    links = [f"http://www.{domain}/{path}/{chance.randrange(30)}"] if domain else []
    return {"ts": f"{when.isoformat()}Z", "who": who, "links": links, "net": f"10.{len(who)}.{chance.randrange(9)}.0"}


def labels() -> list[dict[str, Any]]:
    """Every second entity, known from the third day on."""
    known = FIRST + timedelta(days=2)
    named = [("domain", d, d in SPAM) for d in (GOOD + SPAM)[::2]]
    named += [("account", f"user{n}", False) for n in range(0, 25, 2)] + [
        ("account", f"bot{n}", True) for n in range(0, 12, 2)
    ]
    return [{"entity_kind": k, "entity_id": i, "is_spam": s, "known_at": known} for k, i, s in named]


def write_events(folder: Path, day: date, rows: Sequence[dict[str, Any]]) -> None:
    write_lines(folder / "events" / f"{day}.jsonl", rows)


def write_labels(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["entity_kind", "entity_id", "is_spam", "known_at"])
        writer.writeheader()
        writer.writerows(rows)


def days_to(last: date) -> list[date]:
    return [FIRST + timedelta(days=n) for n in range((last - FIRST).days + 1)]


def write_platform(folder: Path, *, last: date = DAY) -> None:
    for day in days_to(last):
        write_events(folder, day, [*events(day), {"ts": "not a time", "who": "user1", "id": f"{day}-bad"}])
    write_labels(folder, labels())
    write_lines(folder / "accounts.jsonl", [{"day": d, "account_id": "user1", "name": "Ann"} for d in days_to(last)])
    write_lines(folder / "pages.jsonl", [{"day": d, "url": f"http://{SPAM[0]}/", "text": "buy"} for d in days_to(last)])
    seen = [{"day": d, "url": f"http://{domain}/", "impressions": 50} for d in days_to(last) for domain in GOOD + SPAM]
    write_lines(folder / "impressions.jsonl", seen)


def write_lines(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, default=str) + "\n" for row in rows), encoding="utf-8")


def settings(folder: Path, *, lake: str = "lake", **sections: Any) -> Config:
    """Small, so that training takes seconds."""
    values: dict[str, Any] = {
        "lake": {"path": lake},
        "spark": SPARK,
        "sources": {
            "events": {
                "table": "interactions",
                "format": "json",
                "path": "events/{day}.jsonl",
                "select": {
                    "interaction_id": "id",
                    "event_time": "to_timestamp(ts)",
                    "account_id": "who",
                    "urls": "links",
                    "ip_prefix": "net",
                },
            },
            "labels": {"table": "label_imports", "format": "csv", "path": "labels.csv"},
            **{
                name: {"table": name, "format": "json", "path": f"{name}.jsonl"}
                for name in ("accounts", "pages", "impressions")
            },
        },
        "domain_model": {"epochs": 3, "min_labels": 3, "holdout_days": 7, "every_days": 4, "vocabulary": 120},
        "account_model": {
            "epochs": 1,
            "least_steps": 20,
            "lengths": 1,
            "min_labels": 3,
            "holdout_days": 7,
            "every_days": 4,
            "category_min_count": 2,
            "bins": 4,
            "replicas": 1,
            "embedding": 2,
            "hidden": 8,
        },
        "fusion": {"min_examples": 3},
        "graph": {"min_calibration_labels": 5, "edges_per_block": 200},
        "policy": {"max_new_actions": 3},  # the rest is held, and queued
        "queue": {"minutes_per_day": 5},
        **sections,
    }
    return read_config(values, path=folder / "winnow.toml")
