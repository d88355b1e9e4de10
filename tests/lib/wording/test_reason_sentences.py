"""Reasons in words, with their numbers."""

import pytest

from lib.wording.phrases import percent
from lib.wording.reason_sentences import (
    BEHAVIOUR,
    label_sentence,
    neighbour_sentence,
    reason_sentence,
    score_sentence,
)
from schemas.features import DOMAIN_BEHAVIOUR, DOMAIN_PAGE


@pytest.mark.parametrize(
    ("kind", "what", "numbers", "sentence"),
    [
        ("token", "path:pills", {}, 'the paths of its links contain "pills"'),
        ("token", "host:+pharma", {}, 'the host names of its links contain "…pharma"'),  # the inside of a word
        ("token", "pills", {}, 'links contain the word "pills"'),
        ("behaviour", "new_account_share_7d", {"new_account_share_7d": 12 / 14, "accounts_7d": 14.0},
         "12 of its 14 accounts this week were new"),
        ("behaviour", "interactions_1d", {"interactions_1d": 1.0}, "1 interaction linked to it on the day"),
        ("behaviour", "interactions_7d", {"interactions_7d": 1234.0}, "1,234 interactions linked to it this week"),
        ("behaviour", "age_days", {"age_days": 0.0}, "it is new today"),
        ("behaviour", "networks_28d", {}, "networks 28d: unknown, which is usual for spam"),
        ("behaviour", "a_new_feature", {}, 'its "a_new_feature" is usual for spam'),
        ("page", "page_media", {"page_media": 3.0}, "its page has 3 images and videos"),
        ("page", "casino", {}, 'its page contains the word "casino"'),
        ("link", "host_digit_share", {}, "what its links look like: the digits in the host name"),
        ("link", "www.x.example", {}, 'the spelling of its links, such as to "www.x.example"'),
        ("link", "a" * 200, {}, f'the spelling of its links, such as to "{"a" * 119}…"'),
    ],
)  # fmt: skip
def test_reasons_of_the_domain_model(kind: str, what: str, numbers: dict[str, float], sentence: str) -> None:
    assert reason_sentence(kind, what, numbers) == sentence


def test_every_behaviour_and_page_feature_has_words_of_its_own() -> None:
    numbers = {column.name: 0.5 for column in (*DOMAIN_BEHAVIOUR, *DOMAIN_PAGE)}
    assert numbers.keys() == BEHAVIOUR.keys()
    said = [reason_sentence("behaviour", name, numbers) for name in numbers]
    assert len(set(said)) == len(said)
    assert not any("unknown" in sentence for sentence in said)


def test_neighbours_of_a_domain_and_of_an_account() -> None:
    assert neighbour_sentence("domain", "a87b", {"share": 0.43, "raw_score": 0.9}, "spam") == (
        'the account "a87b" hands it 43% of the spam mass that reaches it; that account is labelled spam'
    )
    numbers = {"share": 0.004, "raw_score": 0.912, "together": 12.0, "of": 14.0}
    assert neighbour_sentence("account", "x.example", numbers, "") == (
        'it links to "x.example" (12 of the account\'s 14 interactions with links this week), which hands it '
        "0.4% of the spam mass that reaches it; that domain has a score of 0.912 in the graph"
    )


def test_an_account_that_did_one_thing() -> None:
    said = neighbour_sentence(
        "account", "x.example", {"share": 1.0, "raw_score": 0.9, "together": 1.0, "of": 1.0}, "spam"
    )
    assert said == (
        'it links to "x.example" (the account\'s only interaction with links this week), which hands it '
        "100% of the spam mass that reaches it; that domain is labelled spam"
    )


def test_labels_and_bare_scores() -> None:
    assert label_sentence("feed", "2026-03-01") == "a list of known spam of 2026-03-01 says that it is spam"
    assert (
        score_sentence("graph", 0.4) == "the account-domain graph gives it a score of 0.400, and names no single reason"
    )
    assert score_sentence("fusion", 0.93) == "its score was 0.930 when it was last active; what led to it is not kept"


@pytest.mark.parametrize(("share", "shown"), [(0, "0%"), (1, "100%"), (0.996, "99.6%"), (0.004, "0.4%"), (0.43, "43%")])
def test_percents_never_say_all_or_nothing_of_what_is_not(share: float, shown: str) -> None:
    assert percent(share) == shown
