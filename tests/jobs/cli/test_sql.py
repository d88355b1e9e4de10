"""How text is cut into statements of SQL."""

import pytest

from jobs.cli.sql import is_complete, statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1 /* a;b */; select 2", ["select 1 /* a;b */", "select 2"]),
        ("select 1 -- a;b\n; select 2;", ["select 1 -- a;b", "select 2"]),
        ("select 'a;b', `c;d`, \"e;f\"; select 2", ["select 'a;b', `c;d`, \"e;f\"", "select 2"]),
        (r"SELECT 'a\'; DROP TABLE x' AS b; SELECT 2", [r"SELECT 'a\'; DROP TABLE x' AS b", "SELECT 2"]),
        (r"SELECT '\\'; SELECT 'it''s;'; SELECT 3", [r"SELECT '\\'", "SELECT 'it''s;'", "SELECT 3"]),
        (r"SELECT r'\'; SELECT '\\\''; SELECT 3", [r"SELECT r'\'", r"SELECT '\\\''", "SELECT 3"]),
        (r'SELECT "\\"; SELECT ";"', [r'SELECT "\\"', 'SELECT ";"']),
        ("create or replace temporary view v as select 1; from v", [
            "create or replace temporary view v as select 1", "from v"
        ]),
        ("select case when a then 1 end; select 2", ["select case when a then 1 end", "select 2"]),
        (";;select 1;; -- nothing more", ["select 1"]),
        ("/* nothing */", []),
    ],
)  # fmt: skip
def test_only_semicolons_between_statements_separate_them(text: str, expected: list[str]) -> None:
    assert statements(text) == expected


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("select 1;\n", True),
        ("select 1; -- the end\n", True),
        ("select 1\n", False),
        ("select 1; select 2\n", False),
        ("select 'a;\n", False),  # a string over two lines
        ("select 'a;\nb';\n", True),
        ("-- only a comment;\n", False),
    ],
)
def test_a_shell_waits_for_the_semicolon_that_ends_a_statement(text: str, complete: bool) -> None:
    assert is_complete(text) == complete
