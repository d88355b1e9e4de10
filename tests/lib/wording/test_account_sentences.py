"""The account model's reasons in words, with their numbers."""

import pytest

from lib.wording.account_sentences import FEATURES, UNKNOWN, account_sentence, duration
from lib.wording.reason_sentences import sentence
from schemas.features import ACCOUNT_BEHAVIOUR, ACCOUNT_PROFILE


@pytest.mark.parametrize(
    ("kind", "what", "numbers", "said"),
    [
        ("domain_scores", "domain_scores", {"spam_link_share": 0.83},
         "83% of its links this week go to domains with a high spam score"),
        ("domain_scores", "domain_scores", {"spam_link_share": 0.0, "domain_score_max": 0.31},
         "0% of its links this week go to domains with a high spam score; the highest score of such a domain is 0.31"),
        ("domain_scores", "domain_scores", {}, "no domain that it linked to this week has a score"),
        ("profile", "age_days", {"age_days": 0.0}, "it is new today"),
        ("profile", "age_days", {"age_days": 1.0}, "it was first seen 1 day ago"),
        ("profile", "name_chars", {}, "it shows no name"),
        ("behaviour", "gap_mean_28d", {"gap_mean_28d": 30.0},
         "it paused 30 seconds between interactions of a day, on average"),
        ("behaviour", "repeated_link_share_28d", {"repeated_link_share_28d": 0.995},
         "99.5% of its links repeat another of them"),
        ("behaviour", "a_new_feature", {}, "a new feature: unknown, which is usual for spam"),
        ("category", "posting_hour=3", {}, 'its posting hour is "3"'),
        ("category", "<script>", {}, 'it shows "<script>"'),
    ],
)  # fmt: skip
def test_a_reason_is_told_with_its_numbers(kind: str, what: str, numbers: dict[str, float], said: str) -> None:
    assert account_sentence(kind, what, numbers) == said
    told = sentence(entity_kind="account", detector="account_model", kind=kind, what=what, numbers=numbers, words=None)
    assert told == said


def test_every_feature_has_a_sentence_and_every_one_that_can_be_missing_another() -> None:
    features = {column.name: column for column in (*ACCOUNT_PROFILE, *ACCOUNT_BEHAVIOUR)}
    assert FEATURES.keys() == features.keys()
    assert UNKNOWN.keys() == {name for name, column in features.items() if column.nullable}
    for name in features:
        kind = "profile" if name in {column.name for column in ACCOUNT_PROFILE} else "behaviour"
        assert "unknown" not in account_sentence(kind, name, {name: 0.5})
        assert name not in account_sentence(kind, name, {name: 0.5})


def test_pauses_are_told_in_a_unit_that_fits() -> None:
    assert [duration(s) for s in (1, 59, 60, 3599, 3600, 7200)] == [
        "1 second", "59 seconds", "1 minute", "60 minutes", "1 hour", "2 hours"
    ]  # fmt: skip
