"""What each table takes from a source: our columns, before rules and targets make them rows of the table."""

from dataclasses import dataclass

from lib.config import Source

LINKS, MAP = "array<string>", "map<string,string>"


@dataclass(frozen=True)
class Input:
    """One column that [sources.NAME.select] may map. A row whose required one is null goes to quarantine."""

    name: str
    type: str = "string"
    required: bool = False


DAY = Input("day", "date", required=True)  # of a source whose path has no {day}

INPUTS: dict[str, tuple[Input, ...]] = {
    "interactions": (
        Input("interaction_id", required=True),
        Input("event_time", "timestamp", required=True),
        Input("account_id", required=True),
        Input("urls", LINKS),
        Input("action"),
        Input("content_id"),
        Input("text"),
        Input("ip_prefix"),
        Input("client"),
        Input("attributes", MAP),
    ),
    "accounts": (
        DAY,
        Input("account_id", required=True),
        Input("created_at", "timestamp"),
        Input("name"),
        Input("attributes", MAP),
    ),
    "pages": (
        DAY,
        Input("url", required=True),
        Input("title"),
        Input("text"),
        Input("media_count", "bigint"),
    ),
    "label_imports": (
        Input("entity_kind", required=True),
        Input("entity_id", required=True),
        Input("is_spam", "boolean", required=True),
        Input("source"),
        Input("known_at", "timestamp"),
        Input("weight", "double"),
    ),
    "impressions": (
        DAY,
        Input("content_id"),
        Input("url"),
        Input("account_id"),
        Input("pivots", MAP),
        Input("impressions", "bigint", required=True),
    ),
}
MOMENTS = {"interactions": "event_time", "label_imports": "known_at"}  # what dates a row; elsewhere its day
IDS = ("interaction_id", "account_id", "content_id", "entity_id")


def inputs_of(source: Source) -> tuple[Input, ...]:
    """The columns that `source` may give. The day of a row is the path's {day}, where it has one."""
    return tuple(column for column in INPUTS[source.table] if column != DAY or not source.daily)


def moment_of(source: Source) -> str:
    return MOMENTS.get(source.table, DAY.name)
