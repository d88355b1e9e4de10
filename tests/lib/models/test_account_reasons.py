from typing import Any

import numpy as np
import pytest

from lib.calibration import logit
from lib.models.account.account_encoder import BEHAVIOUR, CATEGORIES, DOMAIN_SCORES, PROFILE
from lib.models.account.account_reasons import explain, reasons_of
from lib.models.attribution import LEAST, Reason
from tests.support.accounts import account_table, tiny_scorer

ROW: dict[str, Any] = {
    "interactions_7d": 45.0,
    "interactions_28d": 60.0,
    "spam_link_share": 0.9,
    "categories": ["client=script", "odd=unheard"],
}


def logit_of(row: dict[str, Any], *, without: tuple[str, ...] = ()) -> float:
    rows = account_table(row).drop_columns(list(without))
    return float(logit(tiny_scorer().row_scores(rows))[0])


@pytest.fixture(scope="module")
def reasons() -> list[Reason]:
    return explain(tiny_scorer(), account_table(ROW))[0]


def test_the_score_falls_by_the_contribution_when_its_reason_is_left_out(reasons: list[Reason]) -> None:
    """Each is left out by hand, from the rows, as somebody would who does not trust the reasons."""
    whole = logit_of(ROW)
    for reason in reasons:
        if reason.kind == "category":
            fall = whole - logit_of(ROW | {"categories": ["odd=unheard"]})
        else:
            fall = whole - logit_of(ROW, without=DOMAIN_SCORES if reason.kind == "domain_scores" else (reason.what,))
        assert fall == pytest.approx(reason.contribution, abs=1e-5), reason
    assert {reason.kind for reason in reasons} == {"profile", "behaviour", "category", "domain_scores"}


def test_what_is_known_of_an_account_is_explained_once_and_strongest_first(reasons: list[Reason]) -> None:
    names = {kind: {r.what for r in reasons if r.kind == kind} for kind in ("profile", "behaviour", "category")}
    # That an account has no name is known of it: some accounts of the training rows had none.
    assert names == {
        "profile": {"name_chars"},
        "behaviour": {"interactions_7d", "interactions_28d"},
        "category": {"client=script"},
    }
    assert len(reasons) == 5
    contributions = [reason.contribution for reason in reasons]
    assert contributions == sorted(contributions, reverse=True)
    assert {"name_chars"} < set(PROFILE)
    assert {"interactions_7d"} < set(BEHAVIOUR)


def test_spam_is_explained_by_what_makes_it_spam(reasons: list[Reason]) -> None:
    assert {reason.what for reason in reasons[:2]} == {"interactions_7d", "domain_scores"}
    assert reasons[1].contribution > 0.1


def test_reasons_are_the_strongest_that_raise_the_score_whatever_the_other_rows(reasons: list[Reason]) -> None:
    inputs = tiny_scorer().encoder.encode(account_table({"interactions_7d": 1.0, "categories": []}, ROW))
    assert len(inputs.ids[CATEGORIES].ids) > 1
    several = reasons_of(tiny_scorer(), inputs, at_most=2)[1]
    assert [(r.kind, r.what) for r in several] == [(r.kind, r.what) for r in reasons[:2]]
    np.testing.assert_allclose([r.contribution for r in several], [r.contribution for r in reasons[:2]], atol=1e-5)
    everything = reasons_of(tiny_scorer(), inputs, at_most=99)[1]
    assert len(everything) == sum(reason.contribution >= LEAST for reason in reasons)
