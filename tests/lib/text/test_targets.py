"""The target of a link: one rule a case, then what holds for any text."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.text.targets import target_of, targets_of

SHARED = frozenset({"bit.ly", "youtube.com", "sites.google.com"})
MAIL = Path(__file__).parents[3] / "examples" / "mail"

PLAIN = {
    "http://example.com/x": "example.com",
    "https://www.shop.example.co.uk/x?y#z": "example.co.uk",
    "http://alice.github.io/": "alice.github.io",  # a private suffix
    "http://github.io/": "github.io",  # somebody runs it
    "http://co.uk/": None,  # nobody does
    "http://com": None,
    "http://localhost:8080/x": None,
    "http://evil.notatld/": None,
    "http://spam.example/": "spam.example",  # reserved for documentation
    "": None,
    " \t\n": None,
}
SPELLINGS = {
    "WWW.Example.COM:80": "example.com",
    "example.com/x": "example.com",
    "//example.com/x": "example.com",
    "/example.com/x": None,  # a path on the page that it stands on
    "example.com:80/x": "example.com",
    "http:example.com": "example.com",
    "http:///example.com/": "example.com",
    "https:\\\\example.com\\x": "example.com",
    "http://example.com\\@other.org/": "example.com",  # a backslash ends the host, as in browsers
    "http://example.com./": "example.com",
    "  http://exam\nple.com/\t": "example.com",
    "http://user:pw@example.com:8080/x": "example.com",
    "http://paypal.com@evil.example/": "evil.example",
    "http://paypal.com/@evil.example/": "paypal.com",
    "paypal.com@evil.example/login": "evil.example",
    "http://example.com?x=http://other.org/": "example.com",
    "http://example.com#@other.org/": "example.com",
    "ftp://files.example.com/": "example.com",
}
NO_LINKS = {
    "mailto:someone@example.com": None,
    "someone@example.com": None,
    "javascript:alert(1)": None,
    "javascript://example.com/%0aalert(1)": None,
    "data:text/html,<script>": None,
    "tel:+123": None,
    "urn:isbn:1": None,
}
ENCODED = {
    "http://%65xample.com/": "example.com",
    "http://ex%61mple%2ecom/": "example.com",
    "http://example.com%40evil.example/": None,  # browsers refuse it
    "http://example.com%00.evil.example/": None,
    "http://bücher.example/": "xn--bcher-kva.example",
    "http://xn--BCHER-KVA.example/": "xn--bcher-kva.example",
    "http://\uff45\uff58ample\uff0ecom/": "example.com",  # full width
    "http://example。com/": "example.com",
    "http://exa\u00admple.com/": "example.com",  # a soft hyphen
    "http://☃.example/": "xn--n3h.example",
    "http://a℀b.com/": None,  # would become a slash
    "http://%ff.com/": None,
    "http://a b.com/": None,
    "http://a..com/": None,
    "http://-.com/": None,
    f"http://{'a' * 64}.com/": None,
    f"http://{'a.' * 130}com/": None,
}
ADDRESSES = {
    "http://192.0.2.7:80/x": "192.0.2.7",
    "http://3221225991/": "192.0.2.7",
    "http://0xC0000207/": "192.0.2.7",
    "http://0300.0.02.7/": "192.0.2.7",
    "http://192.0.519/": "192.0.2.7",
    "http://%31%39%32.0.2.7/": "192.0.2.7",
    "http://192.0.2.256/": None,
    "http://1.2.3.4.5/": None,
    "http://09.1.1.1/": None,
    "http://1.0x/": "1.0.0.0",
    "http://[2001:DB8:0::1]:443/x": "[2001:db8::1]",
    "http://[::ffff:192.0.2.7]/": "192.0.2.7",
    "http://[fe80::1%25eth0]/": None,
    "http://[::1": "[::1]",
    "http://[zz]/": None,
}
ON_SHARED = {
    "https://bit.ly/AbC?x": "bit.ly/AbC",
    "https://www.bit.ly/AbC/d": "bit.ly/AbC",
    "https://BIT.ly:443//AbC": "bit.ly/AbC",
    "https://bit.ly": "bit.ly",
    "https://bit.ly/?x": "bit.ly",
    "https://bit.ly/./a/../%41%62C": "bit.ly/AbC",
    "https://bit.ly/..": "bit.ly",
    "https://bit.ly\\AbC": "bit.ly/AbC",
    "https://bit.ly/é x": "bit.ly/%C3%A9%20x",
    "https://m.youtube.com/watch?v=1": "m.youtube.com/watch",  # never youtube.com as a whole
    "https://sites.google.com/view/x": "sites.google.com/view",
    "https://mail.google.com/x": "google.com",
    "https://notbit.ly/x": "notbit.ly",
}


@pytest.mark.parametrize(("url", "domain"), (PLAIN | SPELLINGS | NO_LINKS | ENCODED | ADDRESSES).items())
def test_a_link_is_read_as_a_browser_reads_it(url: str, domain: str | None) -> None:
    assert target_of(url) == domain


@pytest.mark.parametrize(("url", "target"), ON_SHARED.items())
def test_on_a_shared_host_the_first_segment_counts(url: str, target: str) -> None:
    assert target_of(url, SHARED) == target


def test_null_has_no_target() -> None:
    assert target_of(None) is None


pieces = st.sampled_from(
    ["http", "https", ":", "/", "//", "\\", "@", "[", "]", ".", "..", "%", "%41", "%2e", "www.", "bit.ly", "example",
     "com", "co.uk", "github.io", "0x7f", "1", "256", "é", "。", "xn--", "-", "_", "?", "#", " ", "\t", "\x00",
     "\u00ad"]
)  # fmt: skip
links = st.one_of(st.text(), st.lists(pieces, max_size=12).map("".join))


@settings(deadline=None)
@given(links)
@example("http://xn--\x80.com")
@example("http://bit.ly/%25%41")
def test_the_target_of_a_target_is_itself(url: str) -> None:
    target = target_of(url, SHARED)
    assert target is None or target_of(target, SHARED) == target


@settings(deadline=None)  # the suffix list is read on the first call
@given(st.lists(st.one_of(st.none(), links, links.map(lambda rest: "http://www.bit.ly" + rest)), max_size=8))
def test_arrays_agree_with_single_links(urls: list[str | None]) -> None:
    found = targets_of(pa.array(urls, pa.string()), SHARED)
    assert found.to_pylist() == [target_of(url, SHARED) for url in urls]


def test_bytes_that_are_not_utf8_have_no_host() -> None:
    array = pa.array([b"http://example.com/\xff", b"http://ex\xffample.com/"], pa.binary())
    _, offsets, data = array.buffers()
    assert offsets is not None
    assert data is not None
    strings = pa.StringArray.from_buffers(2, offsets, data)
    assert targets_of(strings).to_pylist() == ["example.com", None]


def test_the_links_of_the_mail_example_have_the_labelled_domains() -> None:
    """The label files were made without decoding hosts: ids that hold an escape are of the same domain as without."""
    mails: list[list[str]] = pq.read_table(MAIL / "mail_interactions.parquet")["urls"].to_pylist()
    urls = {url for mail in mails for url in mail}
    labelled = set()
    for name in ("labels.csv", "truth.csv"):
        with (MAIL / name).open(newline="") as file:
            labelled |= {row["entity_id"] for row in csv.DictReader(file) if row["entity_kind"] == "domain"}
    found = {target_of(url) for url in urls} - {None}
    escaped = {domain for domain in labelled if "%" in domain}
    assert len(escaped) == 7
    assert {target_of(domain) for domain in escaped} <= found
    assert labelled - escaped - found == {"co.fr"}  # its one link has control characters in the host
    hidden = {url for url in urls if target_of(url) in found - labelled}  # as escapes, as a number, or behind slashes
    assert len(found - labelled) == 19
    assert all("%" in url or ":///" in url or url[7:9].isdigit() for url in hidden)
