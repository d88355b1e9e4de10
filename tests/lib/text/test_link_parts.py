import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.text.link_parts import PARTS, split_links, strings

# Every string matches.
LINK = (
    r"(?s)^\s*(?:(?P<scheme>[a-z][a-z0-9+.\-]*)://|//)?(?:(?P<user>[^/?#]*)@)?(?P<host>\[[^\]/?#]*\]|[^/?#:]*)"
    r"(?::(?P<port>[^/?#]*))?(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:#.*)?$"
)
PIECES = ("http://", "//", "A.b", "c1", "@", ":", "/", "?", "#", "[", "]", "%2f", "\\", " ", "\n", "\u00e9", "\x00")


def parts_of(link: str | None) -> dict[str, str]:
    parts = split_links(pa.array([link], pa.string()))
    return {name: values[0].as_py() for name, values in parts.items() if values[0].as_py()}


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (
            "http://me@WWW.Example.com:8080/a/B.php?x=1#top",
            {
                "scheme": "http",
                "user": "me",
                "host": "www.example.com",
                "port": "8080",
                "path": "/a/b.php",
                "query": "x=1",
            },
        ),
        (
            "//good.example@bad.example/x",
            {"user": "good.example", "host": "bad.example", "path": "/x"},
        ),  # @ hides a host
        ("http:\\\\bad.example\\x", {"scheme": "http", "host": "bad.example", "path": "/x"}),  # as a browser reads it
        ("http://[::1]:80/", {"scheme": "http", "host": "[::1]", "port": "80", "path": "/"}),
        (" \t//a@b@c:1:2#x?y", {"user": "a@b", "host": "c", "port": "1:2"}),
        ("bad.example?q", {"host": "bad.example", "query": "q"}),
        ("http://bad\n.example/\x00", {"scheme": "http", "host": "bad\n.example", "path": "/\x00"}),
        ("", {}),
        (None, {}),
    ],
)
def test_a_link_falls_into_its_parts(link: str | None, expected: dict[str, str]) -> None:
    assert parts_of(link) == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=40), st.from_regex(r"http://[a-z@:/?#\[\]\\%]{0,30}", fullmatch=True))
    )
)
def test_any_text_has_parts_that_stand_in_it_in_order(links: list[str | None]) -> None:
    parts = split_links(pa.array(links, pa.string()))
    for place, link in enumerate(links):
        rest = pc.utf8_lower(pa.scalar((link or "").replace("\\", "/"))).as_py()  # Arrow knows newer letters
        for name in ("scheme", "user", "host", "port", "path", "query"):
            part = parts[name][place].as_py()
            assert part in rest
            rest = rest[rest.index(part) + len(part) :]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=6))
def test_parts_are_those_of_the_slow_expression(links: list[str]) -> None:
    given_links = pa.array(links, pa.string())
    expected = pc.extract_regex(pc.replace_substring(strings(given_links), "\\", "/"), LINK)
    result = split_links(given_links)
    for name in PARTS:
        assert result[name].to_pylist() == [part or "" for part in pc.struct_field(expected, name).to_pylist()]


def test_an_arrow_array_may_start_in_the_middle_of_another() -> None:
    links = pa.array(["http://one.example/1", "http://two.example/2", None])
    assert split_links(links[1:])["host"].to_pylist() == ["two.example", ""]


def test_bytes_that_are_no_text_are_replaced() -> None:
    broken = raw_string(b"http://a.example/\xff")
    assert split_links(broken)["path"].to_pylist() == ["/\ufffd"]


def raw_string(content: bytes) -> pa.Array:
    offsets = pa.py_buffer(b"\x00\x00\x00\x00" + len(content).to_bytes(4, "little"))
    return pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(content)])
