from typing import Any

import numpy as np
import pytest

from lib.calibration import logit
from lib.models.attribution import LEAST, Omission, Reason
from lib.models.domain.domain_encoder import BEHAVIOUR
from lib.models.domain.domain_reasons import explain, reasons_of
from lib.models.inputs import Inputs, no_ids, ragged
from lib.text.lexical import LINK_FEATURES
from tests.support.models import feature_table, tiny_scorer

ROW: dict[str, Any] = {
    "links": ["http://www.cheap-pills7.example/offer/buy/1", "http://www.cheap-casino7.example/offer/buy/2"],
    "page_text": "cheap pills",
    "accounts_7d": 40.0,
    "interactions_7d": 40.0,
    "age_days": 0.0,
    "page_media": 3.0,
}


def score_of(inputs: Inputs) -> float:
    return float(tiny_scorer().scores(inputs)[0][0])


@pytest.fixture(scope="module")
def reasons() -> list[Reason]:
    return explain(tiny_scorer(), feature_table(ROW))[0]


def test_the_score_falls_by_the_contribution_when_its_reason_is_left_out(reasons: list[Reason]) -> None:
    """Each is left out by hand, in the features or in the arrays, as somebody would who does not trust the reasons."""
    encoder = tiny_scorer().encoder
    rows = feature_table(ROW)
    whole = logit(np.array(score_of(encoder.encode(rows))))
    checked = set()
    for reason in reasons:
        inputs = encoder.encode(rows)
        if reason.kind == "token":
            ids = inputs.ids["tokens"].ids
            texts = [encoder.token_text(int(token)) for token in ids]
            left = np.delete(ids, texts.index(reason.what))
            inputs = Inputs({**inputs.ids, "tokens": ragged([left])}, inputs.numbers)
        elif reason.what in BEHAVIOUR:
            inputs = encoder.encode(feature_table(ROW | {reason.what: None}))
        elif reason.what == "page_media":
            inputs = encoder.encode(feature_table(ROW | {"page_media": None}))
        elif reason.kind == "page":
            text = " ".join(word for word in ROW["page_text"].split() if f"page:{word}" != reason.what)
            inputs = encoder.encode(feature_table(ROW | {"page_text": text}))
        elif reason.what in LINK_FEATURES:
            place = list(LINK_FEATURES).index(reason.what)
            inputs.numbers["lexical"][0, [place, place + len(LINK_FEATURES)]] = np.nan
        else:
            assert (reason.kind, reason.what) == ("link", "www.cheap-pills7.example")
            inputs = Inputs({**inputs.ids, "ngrams": no_ids(1)}, inputs.numbers)
        fall = whole - logit(np.array(score_of(inputs)))
        assert fall == pytest.approx(reason.contribution, abs=1e-5), reason
        checked.add(reason.kind)
    assert checked == {"token", "link", "behaviour", "page"}


def test_everything_that_is_there_is_explained_once_and_strongest_first(reasons: list[Reason]) -> None:
    names = [(reason.kind, reason.what) for reason in reasons]
    assert len(set(names)) == len(names)
    assert [what for kind, what in names if kind == "behaviour"].sort() == ["accounts_7d"].sort()
    assert {what for kind, what in names if kind == "behaviour"} == {"accounts_7d", "interactions_7d", "age_days"}
    assert set(LINK_FEATURES) < {what for _, what in names}
    contributions = [reason.contribution for reason in reasons]
    assert contributions == sorted(contributions, reverse=True)


def test_spam_is_explained_by_what_makes_it_spam(reasons: list[Reason]) -> None:
    raising = {reason.what for reason in reasons if reason.contribution > 0}
    assert "accounts_7d" in raising
    assert raising & {"path:offer", "path:buy", "host:cheap", "host:pills"}


def test_reasons_are_the_strongest_that_raise_the_score(reasons: list[Reason]) -> None:
    rows = feature_table(ROW, {})
    inputs = tiny_scorer().encoder.encode(rows)
    first, nothing = reasons_of(tiny_scorer(), rows, inputs, at_most=3)
    assert nothing == []  # nothing is known, so nothing can be left out
    assert [(r.kind, r.what) for r in first] == [(r.kind, r.what) for r in reasons[:3]]
    everything = reasons_of(tiny_scorer(), rows, inputs, at_most=999)[0]
    assert len(everything) == sum(reason.contribution >= LEAST for reason in reasons)


def test_reasons_do_not_depend_on_the_other_rows() -> None:
    scorer = tiny_scorer()
    other = {"links": [f"http://{name}.example/article/read/{'x/' * 60}" for name in ("garden", "museum")]}
    rows = feature_table(other, ROW)
    together = reasons_of(scorer, rows, scorer.encoder.encode(rows), at_most=8)[1]
    [alone] = reasons_of(scorer, rows.slice(1), scorer.encoder.encode(rows.slice(1)), at_most=8)
    assert [r.what for r in together] == [r.what for r in alone]
    np.testing.assert_allclose([r.contribution for r in together], [r.contribution for r in alone], atol=1e-5)


def test_an_omission_touches_only_its_own() -> None:
    row = {"tokens": np.array([3, 4]), "page": np.array([1.0, 2.0])}
    without = Omission("page", "y", "page", (0,)).of(Omission("token", "x", "tokens", (1,)).of(row))
    assert without["tokens"].tolist() == [3]
    np.testing.assert_array_equal(without["page"], [np.nan, 2.0])
    assert row["page"].tolist() == [1.0, 2.0]
