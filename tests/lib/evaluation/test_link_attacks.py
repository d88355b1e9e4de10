import numpy as np
import pytest

from lib.evaluation.link_attacks import ATTACKS, attacked
from tests.support.links import links

LINKS = links(60, seed=1)


@pytest.mark.parametrize("attack", ATTACKS)
def test_only_spam_changes_and_alike_with_one_seed(attack: str) -> None:
    changed, again = (attacked(LINKS, attack, seed=3) for _ in range(2))
    differs = changed.url != LINKS.url
    assert not differs[~LINKS.spam].any()
    assert differs[LINKS.spam].mean() > 0.8  # a word is spared as often as not
    assert changed.url.tolist() == again.url.tolist()
    assert changed.url.tolist() != attacked(LINKS, attack, seed=4).url.tolist()


def test_mutated_tokens_keep_the_suffix_and_the_marks() -> None:
    changed = attacked(LINKS, "tokens", seed=3)
    for before, after in zip(LINKS.url[LINKS.spam], changed.url[LINKS.spam], strict=True):
        assert [mark for mark in after if mark in "/?=-."] == [mark for mark in before if mark in "/?=-."]
        assert after.partition("/")[0].endswith(".com")


def test_fresh_hosts_keep_the_paths() -> None:
    changed = attacked(LINKS, "rotate", seed=3)
    assert not np.isin(changed.domain[LINKS.spam], LINKS.domain).any()
    for before, after in zip(LINKS.url, changed.url, strict=True):
        assert before.partition("/")[2] == after.partition("/")[2]


def test_padding_stands_in_the_path_before_the_query() -> None:
    changed = attacked(LINKS, "pad", seed=3)
    for before, after in zip(LINKS.url[LINKS.spam], changed.url[LINKS.spam], strict=True):
        path, mark, query = before.partition("?")
        assert after.startswith(f"{path}/")
        assert after.endswith(mark + query)
        assert set(after[len(path) + 1 : -len(mark + query)].split("/")) <= {"article", "read"}
