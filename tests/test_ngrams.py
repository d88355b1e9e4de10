import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from lib.text.ngrams import host_ngrams

BUCKETS = 1 << 20


def buckets_of(text: str) -> list[int]:
    return [int(b) for b in host_ngrams(pa.array([text], pa.string()), buckets=BUCKETS)[1]]


@given(st.lists(st.text(max_size=12), max_size=6))
def test_each_host_has_the_ngrams_of_itself_alone(hosts: list[str]) -> None:
    """The slow, obvious way: one host at a time, and as many windows as its bytes have."""
    row, bucket = host_ngrams(pa.array(hosts, pa.string()), buckets=BUCKETS)
    for place, host in enumerate(hosts):
        found = bucket[row == place].tolist()
        length = len(f"^{host}$".encode())
        assert found == buckets_of(host)
        assert len(found) == max(length - 2, 0) + max(length - 3, 0)
    assert ((bucket >= 1) & (bucket <= BUCKETS)).all()


def test_hosts_share_the_buckets_of_the_ngrams_that_they_share() -> None:
    a, b = set(buckets_of("pills-a.example")), set(buckets_of("pills-b.example"))
    assert len(a - b) == len(b - a) == 7  # the 3-grams and 4-grams that hold the letter
