import pyarrow as pa

from lib.models.domain.domain_encoder import COLUMNS
from lib.models.domain.domain_fitting import with_single_links
from tests.support.models import training_rows


def test_bags_of_several_links_are_followed_by_some_of_their_links_alone() -> None:
    rows = training_rows(domains=6, days=1)  # with 1, 2 or 3 links
    result = with_single_links(rows, at_most=2)
    assert result.slice(0, len(rows)).equals(rows)
    single = result.slice(len(rows))
    bags = [
        (domain, links) for domain, links in zip(rows["domain"].to_pylist(), rows["links"].to_pylist(), strict=True)
    ]
    expected = [(domain, [link]) for domain, links in bags if len(links) > 1 for link in links[:2]]
    assert list(zip(single["domain"].to_pylist(), single["links"].to_pylist(), strict=True)) == expected
    assert all(single[name].null_count == len(single) for name in set(COLUMNS) - {"links"})
    folds = dict(zip(rows["domain"].to_pylist(), rows["fold"].to_pylist(), strict=True))
    assert single["fold"].to_pylist() == [folds[domain] for domain in single["domain"].to_pylist()]


def test_a_link_of_several_days_is_one_example() -> None:
    rows = training_rows(domains=6, days=2)
    once = training_rows(domains=6, days=1)
    added = [len(with_single_links(some, at_most=3)) - len(some) for some in (rows, once)]
    assert added[0] == added[1] == 2 * 2 + 2 * 3


def test_rows_without_links_stay_as_they_are() -> None:
    rows = training_rows(domains=4, days=1)
    place = rows.schema.get_field_index("links")
    bags: tuple[list[list[str] | None], ...] = ([None] * 4, [[]] * 4, [["http://a.example/"]] * 4)
    for links in bags:
        some = rows.set_column(place, "links", pa.array(links, pa.list_(pa.string())))
        assert with_single_links(some, at_most=2).equals(some)
