import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.text.parts import split_links
from lib.text.tokens import learn_pieces, link_pieces, page_words, piece_text, words


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
        rest = (link or "").replace("\\", "/").lower()
        for name in ("scheme", "user", "host", "port", "path", "query"):
            part = parts[name][place].as_py()
            assert part in rest
            rest = rest[rest.index(part) + len(part) :]


def test_words_are_letters_and_digits_with_escapes_decoded() -> None:
    texts = pa.array(["/buy%20%50ills--now/1.html", "/caf\u00e9/\u65e5\u672c", "%", "%ff%00", ""])
    assert words(texts).to_pylist() == ["buy pills now 1 html", "caf\u00e9 \u65e5\u672c", "", "", ""]


def test_page_words_are_pairs_where_a_script_has_no_spaces() -> None:
    found = page_words(pa.array(["Buy now!  \u65e5\u672c\u8a9e", None, " . "]))
    assert found.to_pylist() == [["buy", "now", "\u65e5\u672c", "\u8a9e"], [""], [""]]


def test_bytes_that_are_no_text_are_replaced() -> None:
    broken = raw_string(b"http://a.example/\xff")
    assert split_links(broken)["path"].to_pylist() == ["/\ufffd"]


def raw_string(content: bytes) -> pa.Array:
    offsets = pa.py_buffer(b"\x00\x00\x00\x00" + len(content).to_bytes(4, "little"))
    return pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(content)])


def test_pieces_are_the_same_on_every_run_and_tell_host_from_path() -> None:
    texts = [f"{a} {b}" for a in ("www cheap", "www garden", "mail") for b in ("pills example", "example", "shop com")]
    pieces, again = learn_pieces(texts, size=60), learn_pieces(reversed(texts), size=60)
    assert pieces.model == again.model
    link, piece = link_pieces(pieces, split_links(pa.array(["http://cheap.example/cheap", None, "http://www/"])))
    said = [piece_text(pieces, int(p)) for p in piece]
    hosts = [text for text in said if text.startswith("host:")]
    assert link.tolist() == sorted(link.tolist())
    assert set(link.tolist()) == {0, 2}
    assert "".join(text[5:].lstrip("+") for text in hosts) == "cheapexamplewww"
    assert "".join(text[5:].lstrip("+") for text in said if text.startswith("path:")) == "cheap"


def test_pieces_can_be_learned_from_nothing() -> None:
    link, _ = link_pieces(learn_pieces([], size=50), split_links(pa.array(["http://" + "x/" * 5000])))
    assert set(link.tolist()) == {0}
