"""Rows of the sources as they landed: events, snapshots, labels, impressions, and rows that could not be read."""

from schemas.table import Column, Table, count, day_column, entity_kind

TARGETS = "array<struct<url: string, domain: string>>"
MAP = "map<string, string>"
LABEL_SOURCES = ("appeal", "hand", "review", "feed")  # from the strongest to the weakest; hand and review are equals

INTERACTIONS = Table(
    name="interactions",
    row="One interaction of an account with the platform, such as a post, a save or a mail, with its links.",
    key=("landing_day", "interaction_id"),
    day="landing_day",
    event_day="day",
    keep_days=90,
    columns=(
        Column(
            "landing_day", "date", "the day whose delivery brought the row: the source's {day}, or the event's own day"
        ),
        day_column("the event's own day (UTC); the landing day where the time cannot be read"),
        Column("interaction_id", "string", "unique within a landing day", check="length(interaction_id) > 0"),
        Column("event_time", "timestamp", "when it happened (UTC)", nullable=True),
        Column("account_id", "string", "who did it", check="length(account_id) > 0"),
        Column("action", "string", "create, save, click, share, ...", nullable=True),
        Column("content_id", "string", "what it was done to", nullable=True),
        Column("text", "string", "the text that it carries", nullable=True),
        Column("targets", TARGETS, "its links, each with its target domain; a null domain could not be parsed"),
        Column("ip_prefix", "string", "network that it came from", nullable=True),
        Column("client", "string", "software that it came from", nullable=True),
        Column("attributes", MAP, "further values of the source", nullable=True),
        Column("source", "string", "the [sources.NAME] that it came from"),
    ),
)

ACCOUNTS = Table(
    name="accounts",
    row="A snapshot of an account; it holds from its day until the next one.",
    key=("day", "account_id"),
    columns=(
        day_column("the day of the snapshot"),
        Column("account_id", "string", "the account", check="length(account_id) > 0"),
        Column("created_at", "timestamp", "when it was registered (UTC)", nullable=True),
        Column("name", "string", "its display name", nullable=True),
        Column("attributes", MAP, "further values of the source", nullable=True),
    ),
)

PAGES = Table(
    name="pages",
    row="The content of a page when it was fetched; it holds from that day until the next fetch.",
    key=("day", "domain", "url"),
    columns=(
        day_column("the day of the fetch"),
        Column("domain", "string", "target domain of the page"),
        Column("url", "string", "address of the page", check="length(url) > 0"),
        Column("title", "string", "its title", nullable=True),
        Column("text", "string", "its text", nullable=True),
        Column("media_count", "bigint", "images and videos on it", nullable=True),
    ),
)

LABEL_KEY = ("day", "entity_kind", "entity_id", "source", "known_at")
LABEL_COLUMNS = (
    day_column("date of known_at"),
    entity_kind(),
    Column("entity_id", "string", "account id or target domain", check="length(entity_id) > 0"),
    Column("is_spam", "boolean", "what is asserted"),
    Column("source", "string", "appeal, hand, review or feed", check="source IN ('appeal', 'hand', 'review', 'feed')"),
    Column("known_at", "timestamp", "when it became known (UTC); no job of an earlier day sees it"),
    Column("weight", "double", "how much it counts in training", check="weight > 0"),
)

LABEL_IMPORTS = Table(
    name="label_imports",
    row="One assertion that an account or a domain is spam or is not, from a source.",
    key=LABEL_KEY,
    keep_days=10_000,
    columns=LABEL_COLUMNS,
)

LABEL_ENTRIES = Table(
    name="label_entries",
    row="One assertion that an account or a domain is spam or is not, entered by `winnow labels import`.",
    key=LABEL_KEY,
    keep_days=10_000,
    columns=LABEL_COLUMNS,
)

IMPRESSIONS = Table(
    name="impressions",
    row="How often something was seen on a day, aggregated by the source.",
    key=("day", "row_id"),
    columns=(
        day_column("the day it was seen"),
        Column("row_id", "string", "hash of the row's values"),
        Column("content_id", "string", "what was seen", nullable=True),
        Column("url", "string", "the link that was seen", nullable=True),
        Column("domain", "string", "target domain of the link", nullable=True),
        Column("account_id", "string", "whose content it was", nullable=True),
        Column("pivots", MAP, "values to split by, such as country or action", nullable=True),
        count("impressions", "times seen"),
    ),
)

QUARANTINE = Table(
    name="quarantine",
    row="One row of a source that could not be read, kept with the reason.",
    key=("day", "source", "row_id"),
    keep_days=90,
    columns=(
        day_column("the landing day"),
        Column("source", "string", "the [sources.NAME] that it came from"),
        Column("row_id", "string", "hash of the raw row, and its number among identical rows"),
        Column("reason", "string", "everything that is wrong with it, separated by semicolons"),
        Column("raw", "string", "the row as it came: its line, or JSON of its columns; invalid bytes replaced"),
        Column("raw_bytes", "binary", "its bytes, where they are not valid UTF-8", nullable=True),
    ),
)
