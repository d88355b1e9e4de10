import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.text.link_parts import split_links
from lib.text.tokens import PATH_CHARS, QUERY_CHARS, link_ngrams

BUCKETS = 1 << 20


def ngrams_of(*links: str) -> dict[int, list[int]]:
    link, bucket = link_ngrams(split_links(pa.array(links, pa.string())), buckets=BUCKETS)
    assert ((bucket >= 1) & (bucket <= BUCKETS)).all()
    return {place: bucket[link == place].tolist() for place in range(len(links))}


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab.c\u00e9-", max_size=12), max_size=6))
def test_each_link_has_the_ngrams_of_itself_alone(hosts: list[str]) -> None:
    """The slow, obvious way: one link at a time, and as many windows as its bytes have."""
    result = ngrams_of(*(f"http://{host}/" for host in hosts))
    for place, host in enumerate(hosts):
        length = len(f"^{host}$/".encode())
        assert result[place] == ngrams_of(f"http://{host}/")[0]
        assert len(result[place]) == max(length - 2, 0) + max(length - 3, 0)


def test_links_share_the_buckets_of_the_ngrams_that_they_share() -> None:
    a, b = (set(ngrams_of(f"http://pills-{letter}.example/")[0]) for letter in "ab")
    assert len(a - b) == len(b - a) == 7  # the 3-grams and 4-grams that hold the letter


def test_paths_and_queries_are_spelled_from_their_beginnings() -> None:
    host = "http://a.example/"
    assert set(ngrams_of(host)[0]) < set(ngrams_of(f"{host}buy")[0]) < set(ngrams_of(f"{host}buy?now")[0])
    assert ngrams_of(host + "x" * PATH_CHARS)[0] == ngrams_of(host + "x" * 500)[0]
    assert ngrams_of(f"{host}?{'y' * QUERY_CHARS}")[0] == ngrams_of(f"{host}?{'y' * 500}")[0]
