"""Hostile text made harmless for a page or a terminal: no link that works, no character that is not seen."""

import re
import unicodedata

SCHEME = re.compile(r"\b(h)tt(ps?)(?=\s*:)", re.IGNORECASE)
# A dot, or one of the full-width dots that browsers take for one, before a name; and those of an IPv4 address.
NAME_DOT = re.compile(r"(?<=[^\s.])[.。．｡](?=[^\W\d_]|xn--)")  # noqa: RUF001
ADDRESS = re.compile(r"\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\b")


def defang(text: str) -> str:
    """Links and domains written so that nobody opens them by mistake: hxxp://, example[.]com.

    Numbers such as 0.97 stay as they are. The result is plain text: whoever puts it on a page escapes it.
    """
    text = SCHEME.sub(r"\1xx\2", visible(text))
    return NAME_DOT.sub("[.]", ADDRESS.sub(r"\1[.]\2[.]\3[.]\4", text))


def visible(text: str) -> str:
    """Control, format and line-breaking characters (terminal escapes, turns of the writing direction) as codes."""
    return "".join(
        c if unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Co", "Cs") else f"\\u{{{ord(c):x}}}" for c in text
    )
