import pyarrow as pa

from lib.text.link_parts import split_links
from lib.text.tokens import learn_pieces, link_pieces, page_words, piece_text, words


def test_words_are_letters_and_digits_with_escapes_decoded() -> None:
    texts = pa.array(["/buy%20%50ills--now/1.html", "/caf\u00e9/\u65e5\u672c", "%", "%ff%00", ""])
    assert words(texts).to_pylist() == ["buy pills now 1 html", "caf\u00e9 \u65e5\u672c", "", "", ""]


def test_page_words_are_pairs_where_a_script_has_no_spaces() -> None:
    result = page_words(pa.array(["Buy now!  \u65e5\u672c\u8a9e", None, " . "]))
    assert result.to_pylist() == [["buy", "now", "\u65e5\u672c", "\u8a9e"], [""], [""]]


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
