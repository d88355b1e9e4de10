from pathlib import Path

import numpy as np
import pytest

from lib.evaluation.labelled_files import BadTable
from lib.evaluation.link_lists import Links, distinct_links, link_samples, read_links, single_link_samples
from lib.models.domain.domain_encoder import COLUMNS
from lib.sampling import grouped_stratified_folds


def of_pairs(*pairs: tuple[str, bool]) -> Links:
    return distinct_links([url for url, _ in pairs], np.array([spam for _, spam in pairs]))


def test_scheme_and_www_are_no_part_of_a_link_and_each_counts_once() -> None:
    result = of_pairs(
        ("http://www.a.com/X", True),
        ("HTTPS://WWW.a.com/X", True),
        ("a.com/X", False),  # spam in two of three rows
        ("//b.co.uk", False),
        ("http://c.github.io/", False),
        ("https://d.com", True),
        ("http://d.com", False),  # as often spam as not
        ("mailto:x@e.com", True),
        ("http://co.uk/", True),
    )
    assert result.url.tolist() == ["a.com/X", "b.co.uk", "c.github.io/"]
    assert result.domain.tolist() == ["a.com", "b.co.uk", "c.github.io"]
    assert result.spam.tolist() == [True, False, False]
    assert result.left_out == {"unlabelled": 0, "unparsed": 2, "duplicates": 3, "contradicted": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("url,spam\nhttp://a.com,maybe\nhttp://b.com,0\n", "has 'maybe'"),
        ("link,spam\nhttp://a.com,1\n", "no column 'url'; it has link, spam"),
        ("url,spam\nhttp://a.com,1\nhttp://b.com,1\n", "2 links are left, and not of both classes"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "links.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadTable, match=message):
        read_links([tmp_path / "links.csv"], url_column="url", label_column="spam")


def test_a_domain_of_both_labels_has_two_bags_in_one_fold() -> None:
    pairs = [(f"http://both.com/{n}", n % 2 == 0) for n in range(6)] + [(f"http://s{n}.com/", n > 3) for n in range(9)]
    bags = link_samples(of_pairs(*pairs), at_most=2, folds=3, seed=1)
    both = bags.filter(np.asarray(bags["domain"]) == "both.com")
    assert both["is_spam"].to_pylist() == [False, True]
    assert len(both["fold"].unique()) == 1
    assert [len(links) for links in both["links"].to_pylist()] == [2, 2]
    assert {int(link.rpartition("/")[2]) % 2 for link in both["links"].to_pylist()[1]} == {0}
    assert set(COLUMNS) < set(bags.column_names)
    assert all(bags[name].null_count == len(bags) for name in set(COLUMNS) - {"links"})


def test_a_link_is_a_sample_of_its_own() -> None:
    assert single_link_samples(of_pairs(("http://a.com/x", True), ("b.com", False))).to_pylist() == [
        ["a.com/x"],
        ["b.com"],
    ]


def test_entities_are_in_one_fold() -> None:
    entity = np.array([5, 5, 7, 9, 9, 9, 2, 4])
    fold = grouped_stratified_folds(np.array([True, False, True, False, False, False, True, False]), entity, 2, seed=0)
    assert all(len(set(fold[entity == number])) == 1 for number in set(entity))
    assert sorted(np.unique([fold[entity == number][0] for number in (5, 7, 2)], return_counts=True)[1]) == [1, 2]
