import math
import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.text.byte_shapes import SYMBOLS
from lib.text.lexical import LINK_FEATURES, bag_features, lexical_features
from lib.text.link_parts import split_links


def features_of(*links: str) -> dict[str, np.ndarray]:
    result = lexical_features(split_links(pa.array(links, pa.string())))
    return dict(zip(LINK_FEATURES, result.T, strict=True))


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (
            "https://me@www.a-b-c.com:81/x/%20y1.php?p=1&q=%2f",
            {
                "host_chars": 13,
                "host_dots": 2,
                "host_hyphens": 2,
                "host_longest_label": 5,
                "host_is_www": 1,
                "host_words": 5,
                "host_first_label": 3,
                "host_ends_com": 1,
                "host_ends_country": 0,
                "is_https": 1,
                "has_port": 2,
                "has_user": 2,
                "path_chars": 12,
                "path_depth": 2,
                "path_digit_share": 3 / 12,
                "path_escapes": 1,
                "path_is_script": 1,
                "path_is_page": 0,
                "path_is_file": 1,
                "path_dots": 1,
                "path_words": 3,
                "path_longest_word": 3,
                "path_longest_segment": 9,
                "query_chars": 9,
                "query_params": 2,
                "query_escapes": 1,
            },
        ),
        ("http://10.2.3.4/", {"host_is_ip": 1, "host_digit_share": 5 / 8, "host_numbers": 4, "host_longest_digits": 2}),
        (
            "http://a.top/b_c/",
            {"host_ends_cheap": 1, "host_ending_chars": 3, "path_is_folder": 1, "path_underscores": 1},
        ),
        (
            "http://a.com/dead1beef?x=q1",
            {"path_longest_hex": 9, "path_longest_consonants": 1, "query_digit_share": 1 / 4},
        ),
        ("http://a.com./x", {"host_ends_com": 1, "host_chars": 5, "host_first_label": 1}),
        ("http://com/", {"host_ends_com": 0, "host_ending_chars": 0, "host_first_label": 0}),
        ("http://3232235777/", {"host_is_ip": 1}),  # the same address, hidden in one number
        ("http://[::1]/", {"host_is_ip": 1}),
        ("http://xn--80ak6aa92e.de/i.GIF", {"host_is_punycode": 1, "host_ends_country": 1, "path_is_image": 1}),
        ("", dict.fromkeys(LINK_FEATURES, 0)),
    ],
)
def test_features_of_a_link(link: str, expected: dict[str, float]) -> None:
    result = features_of(link)
    assert {name: float(result[name][0]) for name in expected} == pytest.approx(expected)


def slow_entropy(host: bytes) -> float:
    """All bytes but letters, digits and a few marks are one symbol."""
    symbols = [chr(byte) if chr(byte) in SYMBOLS else "" for byte in host]
    return -sum(n / len(host) * math.log2(n / len(host)) for n in Counter(symbols).values())


def slow_runs(host: str, kind: str) -> list[int]:
    return [len(run) for run in re.findall(f"{kind}+", host)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="ab.c\u00e9-", max_size=8).map(lambda host: host.rstrip(".")), min_size=1, max_size=5))
def test_entropy_and_runs_agree_with_the_slow_way(hosts: list[str]) -> None:
    result = features_of(*(f"http://{host}/" for host in hosts))
    np.testing.assert_allclose(result["host_entropy"], [slow_entropy(host.encode()) for host in hosts], atol=1e-6)
    labels = [max(len(label.encode()) for label in host.split(".")) for host in hosts]
    assert result["host_longest_label"].tolist() == labels
    for name, kind in (("word", "[a-z]"), ("consonants", "[bc]")):
        longest = [max(slow_runs(host, kind), default=0) for host in hosts]
        assert result[f"host_longest_{name}"].tolist() == longest
    assert result["host_words"].tolist() == [len(slow_runs(host, "[a-z]")) for host in hosts]


def test_a_bag_has_the_mean_and_the_greatest_of_its_links() -> None:
    links = np.array([[1.0, 4.0], [3.0, 2.0], [7.0, 7.0]])
    result = bag_features(links, np.array([0, 0, 2]), bags=4)
    nothing = [np.nan] * 4  # bags without a link
    np.testing.assert_array_equal(result, [[2, 3, 3, 4], nothing, [7, 7, 7, 7], nothing])


def test_no_links_have_no_features() -> None:
    assert lexical_features(split_links(pa.array([], pa.string()))).shape == (0, len(LINK_FEATURES))
