"""Where one statement of SQL ends and the next begins."""

import pytest

from jobs.cli.sql import statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1 /* a;b */; select 2", ["select 1 /* a;b */", "select 2"]),
        ("select 1 -- a;b\n; select 2;", ["select 1 -- a;b", "select 2"]),
        (r"SELECT 'a\'; DROP TABLE x' AS b; SELECT '\\'", [r"SELECT 'a\'; DROP TABLE x' AS b", r"SELECT '\\'"]),
        ("select `a;b` from t; select ';' as c", ["select `a;b` from t", "select ';' as c"]),
        ("; -- nothing\n ;", []),
    ],
)
def test_semicolons_within_quotes_and_comments_end_no_statement(text: str, expected: list[str]) -> None:
    assert statements(text) == expected
