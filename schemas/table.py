"""What a table is. Each is declared once in this package; DDL, checks, documentation and test rows derive from it.

Standard library only, so that schedules can import it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column: its Spark SQL type, what a value means, and what holds in every row."""

    name: str
    type: str
    meaning: str
    check: str = (
        ""  # SQL; comparisons only: Delta 4.4 cannot resolve BETWEEN in a constraint together with a replaceWhere
    )
    nullable: bool = False

    @property
    def ddl(self) -> str:
        null = "" if self.nullable else " NOT NULL"
        return f"`{self.name}` {self.type}{null} COMMENT {quoted(self.meaning)}"


@dataclass(frozen=True)
class Table:
    """One table of the lake. `key` names the columns that no two rows share."""

    name: str
    row: str  # what one row means, in one sentence
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    day: str = "day"  # the column that a write replaces by; "" for a table that is only appended to
    event_day: str = ""  # the column that jobs read by, where it is not the one that a write replaces by
    keep_days: int = 400
    rows_per_file: int = 1_000_000  # of a day: at most so many
    followed: bool = False  # read through its change feed, so merged on its key instead of replaced

    @property
    def ddl(self) -> str:
        return ", ".join(column.ddl for column in self.columns)

    @property
    def checks(self) -> dict[str, str]:
        """Constraint name -> SQL. Delta takes an unknown result for a violation, so null is allowed by name."""
        allowed = {c.name: f"{c.name} IS NULL OR ({c.check})" if c.nullable else c.check for c in self.columns}
        return {f"{c.name}_is_valid": allowed[c.name] for c in self.columns if c.check}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def read_day(self) -> str:
        """The column that a span of days is read by."""
        return self.event_day or self.day

    @property
    def append_only(self) -> bool:
        return not self.day


def probability(name: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name, "double", meaning, check=f"{name} >= 0 AND {name} <= 1", nullable=nullable)


def count(name: str, meaning: str) -> Column:
    return Column(name, "bigint", meaning, check=f"{name} >= 0")


def entity_kind(meaning: str = "what the row is about: account or domain") -> Column:
    return Column("entity_kind", "string", meaning, check="entity_kind IN ('account', 'domain')")


def day_column(meaning: str) -> Column:
    return Column("day", "date", meaning)


def quoted(text: str) -> str:
    """`text` as a Spark SQL string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def identifier(name: str) -> str:
    """`name` as a quoted Spark SQL identifier."""
    return f"`{name.replace('`', '``')}`"
