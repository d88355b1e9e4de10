"""The page of a day: what it tells, and that nothing in it works as a link, a tag or a script."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.charts import bars, histogram
from lib.reports.daily_report import day_page
from schemas.decisions import DECISIONS, ENTITY_SCORES, EVIDENCE, FUSION_WEIGHTS, REVIEW_QUEUE
from schemas.raw import QUARANTINE
from schemas.runs import RUNS
from schemas.scores import CLUSTER_REPORTS
from schemas.tiles import ACCOUNT_DAYS
from tests.support.builders import DAY, ago, rows

SCRIPT = "<script>alert(1)</script>"
STARTED = datetime(2026, 3, 11, 3, tzinfo=UTC)


def job(name: str, seconds: float, **more: Any) -> dict[str, Any]:
    return {
        "run_id": f"{name}{seconds}",
        "job": name,
        "status": "done",
        "started_at": STARTED,
        "seconds": seconds,
    } | more


@pytest.fixture(scope="module")
def html(spark: Any) -> str:
    key = {"entity_kind": "domain", "entity_id": f"pills{SCRIPT}.example"}
    return day_page(
        day=DAY,
        entity_scores=rows(
            ENTITY_SCORES,
            key | {"score": 0.97, "detectors": {"graph": 0.97}},
            {"entity_kind": "account", "entity_id": "a", "score": 1.0, "detectors": {"graph": 1.0}},  # in the last bin
            {"entity_kind": "account", "entity_id": "b", "score": 0.5},
        ),
        decisions=rows(
            DECISIONS,
            key | {"action": "limit_distribution", "state": "new", "since": DAY, "score": 0.97, "reason": "its score",
                   "policy": "score >= 0.9"},
            key | {"entity_id": "crowd.example", "action": "review", "state": "reversed", "since": ago(2),
                   "reason": "reversed: it is on the allow list"},
            key | {"entity_id": "kept.example", "action": "limit_distribution", "state": "kept"},
            key | {"entity_id": "old.example", "action": "review", "state": "new", "day": ago(1)},  # only in the trend
        ),
        evidence=rows(
            EVIDENCE,
            key | {"rank": 1, "detector": "domain_model", "kind": "token", "what": f"path:{SCRIPT}",
                   "contribution": 1.5, "sentence": f'links contain "{SCRIPT}" such as http://pills.example/buy'},
            key | {"rank": 4, "detector": "graph", "kind": "neighbour", "sentence": "the fourth is not shown"},
        ),
        review_queue=rows(
            REVIEW_QUEUE,
            {"item_id": "1", "rank": 1, "purpose": "explore", "entity_kind": "account", "entity_id": f"me{SCRIPT}",
             "minutes": 1.0, "exposure": 1234, "sentences": [f"said {SCRIPT}"]},
        ),
        cluster_reports=rows(
            CLUSTER_REPORTS,
            {"cluster_id": "c1", "state": "new", "since": DAY, "accounts": 7, "emerging": True, "score": 0.75,
             "shared": [{"attribute": "client", "value": SCRIPT, "accounts": 7}], "lift": 41.0, "known_share": 0.0,
             "rule": f"max(value = '{SCRIPT}')"},
            {"cluster_id": "c0", "state": "ended", "since": ago(9), "known_share": 0.0},  # not shown
        ),
        fusion_weights=rows(
            FUSION_WEIGHTS, {"entity_kind": "domain", "detector": "graph", "weight": 0.625, "examples": 57}
        ),
        quarantine=rows(
            QUARANTINE,
            {"source": "mail", "row_id": "1", "reason": f"account_id is null{SCRIPT}", "raw": f'{{"url": "https://1.2.3.4/{SCRIPT}"}}'},
        ),
        account_days=rows(
            ACCOUNT_DAYS,
            {"account_id": "a", "interactions": 4321},
            {"account_id": "b", "interactions": 5, "day": ago(1)},
        ),
        runs=rows(
            RUNS,
            job("ingest", 4.0, counts={"mail.read": 10, "mail.kept": 7, "mail.duplicates": 2, "mail.quarantined": 1,
                                       "mail.links": 99}),
            job("score_domains", 9.0, status="failed", message=f"it broke {SCRIPT}"),
            job("score_domains", 2.5, started_at=STARTED + timedelta(hours=1), model_version="domain-2026-03-01-1"),
            job("decide", 3.0, status="skipped", message="nothing to decide"),
        ),
    )  # fmt: skip


def text_of(html: str) -> str:
    """What a reader sees, on one line."""
    plain = re.sub(r"<[^>]*>", " ", re.sub(r"<(style|svg).*?</\1>", "", html, flags=re.DOTALL))
    for code, sign in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        plain = plain.replace(code, sign)
    return re.sub(r"\s+", " ", plain)


def test_nothing_that_is_shown_becomes_markup_or_a_link(html: str) -> None:
    assert "<script" not in html
    # The domain, its sentence and word, the queue's account and its sentence, the cluster's value and rule, the
    # quarantined row and its reason.
    assert html.count("&lt;script&gt;") == 9
    assert not re.search(r"<(a|img|link|iframe|form|object)\b", html)
    assert "http://" not in html.replace("http://www.w3.org/1999/xlink", "")
    assert "https://" not in html


def test_it_needs_nothing_from_outside(html: str) -> None:
    assert not re.search(r"\b(src|href)=|@import|url\((?!#)", html)
    assert html.count("<svg ") == 5
    assert html.count("</svg>") == 5


def test_what_it_tells(html: str) -> None:
    told = text_of(html)
    assert "Spam report of 2026-03-10 models active: domain-2026-03-01-1" in told
    assert "1 domains newly limited 0 accounts newly suspended 1 actions still standing 1 reversed 0 held" in told
    assert "limit distribution 1 1 0 0 suspend 0 0 0 0 review 0 0 1 0" in told
    assert f"pills{SCRIPT}[.]example" in told
    assert f'links contain "{SCRIPT}" such as hxxp://pills[.]example/buy' in told
    assert "0.970 its score (score >= 0.9)" in told
    assert "reversed: it is on the allow list" in told
    assert "the fourth is not shown" not in told
    assert "old[.]example" not in told
    assert f"said {SCRIPT}" in told
    assert "1,234" in told
    assert "1 that labels and models do not know yet" in told
    assert f"7 accounts act as one: same client '{SCRIPT}'; 41 times more than chance" in told
    assert "c0" not in told
    assert "domains graph 0.625 57 labelled" in told
    assert "4,321 interactions of 1 accounts" in told
    assert "mail 10 7 2 1" in told
    assert "https" not in told.replace("hxxps://1[.]2[.]3[.]4", "")
    assert "decide skipped : nothing to decide" in told
    assert "it broke" not in told  # a later run of the job went well


def test_a_page_without_any_row_says_so(spark: Any) -> None:
    empty = {
        "entity_scores": ENTITY_SCORES, "decisions": DECISIONS, "evidence": EVIDENCE, "review_queue": REVIEW_QUEUE,
        "fusion_weights": FUSION_WEIGHTS, "quarantine": QUARANTINE, "account_days": ACCOUNT_DAYS, "runs": RUNS,
        "cluster_reports": CLUSTER_REPORTS,
    }  # fmt: skip
    told = text_of(day_page(day=DAY, **{name: rows(table) for name, table in empty.items()}))
    assert "Nothing began and nothing ended today." in told
    assert "There is nothing to review today." in told
    assert "No accounts act as one today." in told
    assert "No detector had a score today." in told
    assert "No row was quarantined." in told


def test_charts_are_the_same_bytes_for_the_same_numbers() -> None:
    assert histogram("x", [1, 0, 20]) == histogram("x", [1, 0, 20])
    assert histogram("x", [1, 0, 20]) != histogram("x", [1, 0, 21])


def test_a_chart_takes_names_as_they_are() -> None:
    drawn = bars("a <b> & c", {r"$\frac{x": 1.0, "<i>": 2.0}, " s")
    assert r"$\frac{x" in drawn
    assert "<i>" not in drawn
    assert 'aria-label="a &lt;b&gt; &amp; c"' in drawn
