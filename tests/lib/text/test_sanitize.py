"""Hostile text is harmless on a page and in a terminal."""

import pytest

from lib.text.sanitize import defang


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("http://bad.example/a.b?c=1.5", "hxxp://bad[.]example/a[.]b?c=1.5"),
        ("HTTPS://BAD.example", "HxxPS://BAD[.]example"),
        ("10.0.0.1 scored 0.97, at 12.5%.", "10[.]0[.]0[.]1 scored 0.97, at 12.5%."),
        ("bad.xn--p1ai и пример.рф", "bad[.]xn--p1ai и пример[.]рф"),
        ("bad。example", "bad[.]example"),  # browsers take this dot for one
        ("a\x1b[31mred\u202egnp.exe\n", "a\\u{1b}[31mred\\u{202e}gnp[.]exe\\u{a}"),
    ],
)
def test_defang(text: str, harmless: str) -> None:
    assert defang(text) == harmless
    assert defang(harmless) == harmless
