"""Small summaries of one day that merge over days, so that no window ever reads events again."""

from schemas.table import Column, Table, count, day_column, entity_kind

HOURS = "number of interactions in each hour of the day (UTC), 24 values"
SAMPLE = "the smallest hashes of the distinct values, sorted: exact up to the sample's size, an estimate above it"

ACCOUNT_DOMAIN_DAYS = Table(
    name="account_domain_days",
    row="One account's interactions with links to one domain on one day.",
    key=("day", "account_id", "domain"),
    columns=(
        day_column("the day"),
        Column("account_id", "string", "the account"),
        Column("domain", "string", "target domain"),
        count("interactions", "interactions that carry at least one link to the domain"),
        count("links", "links to the domain"),
    ),
)

ACCOUNT_DAYS = Table(
    name="account_days",
    row="One account's interactions on one day, with or without links.",
    key=("day", "account_id"),
    columns=(
        day_column("the day"),
        Column("account_id", "string", "the account"),
        count("interactions", "interactions"),
        count("linking", "interactions that carry at least one link"),
        count("links", "links"),
        Column("hours", "array<bigint>", HOURS),
        Column("networks", "array<bigint>", f"networks: {SAMPLE}"),
        Column("clients", "array<bigint>", f"clients: {SAMPLE}"),
        Column("urls", "array<bigint>", f"links: {SAMPLE}"),
        Column("texts", "array<bigint>", f"texts: {SAMPLE}"),
        count("texted", "interactions that carry a text"),
        count("text_chars", "characters of these texts"),
        count("text_upper", "of them, capitals"),
        count("text_digits", "of them, digits"),
        count("text_marks", "of them, neither letters nor digits nor space"),
        count("gaps", "pauses between one interaction of the day and the next"),
        count("gap_seconds", "sum of these pauses"),
        count("gap_seconds_squared", "sum of their squares"),
    ),
)

ATTRIBUTE_DAYS = Table(
    name="attribute_days",
    row="The interactions of one account on one day that have one value of one expert attribute.",
    key=("day", "account_id", "attribute", "value"),
    columns=(
        day_column("the day"),
        Column("account_id", "string", "the account"),
        Column("attribute", "string", "its name in the settings: [attributes.NAME]"),
        Column("value", "string", "the value; where it is long, its beginning and its hash", check="length(value) > 0"),
        count("interactions", "interactions that have it"),
        Column("minutes", "array<int>", "minutes of the day (UTC) of these interactions: distinct, ascending, at most as many as the settings say"),
    ),
)  # fmt: skip

DOMAIN_DAYS = Table(
    name="domain_days",
    row="How one domain was linked to on one day.",
    key=("day", "domain"),
    columns=(
        day_column("the day"),
        Column("domain", "string", "target domain"),
        count("interactions", "interactions that carry at least one link to it"),
        count("links", "links to it"),
        Column("hours", "array<bigint>", HOURS),
        Column("networks", "array<bigint>", f"networks: {SAMPLE}"),
        Column("clients", "array<bigint>", f"clients: {SAMPLE}"),
    ),
)

DOMAIN_LINKS = Table(
    name="domain_links",
    row="A hash sample of the distinct links to one domain on one day.",
    key=("day", "domain"),
    columns=(
        day_column("the day"),
        Column("domain", "string", "target domain"),
        Column("links", "array<string>", "the links with the smallest salted hashes, in that order"),
    ),
)

FIRST_SEEN = Table(
    name="first_seen",
    row="An account or a domain that was new on the day; read it as min(first_day).",
    key=("first_day", "entity_kind", "entity_id"),
    day="first_day",
    keep_days=10_000,
    columns=(
        Column("first_day", "date", "the day of its first interaction"),
        entity_kind(),
        Column("entity_id", "string", "account id or target domain"),
    ),
)
