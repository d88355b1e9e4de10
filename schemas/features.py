"""How an entity has been used over the last 1, 7 and 28 days, as the models see it."""

from schemas.table import Column, Table, count, day_column


def measure(name: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name, "double", meaning, nullable=nullable)


DOMAIN_BEHAVIOUR = (
    measure("interactions_1d", "interactions that link to it on the day"),
    measure("interactions_7d", "the same over 7 days"),
    measure("interactions_28d", "the same over 28 days"),
    measure("links_per_interaction_28d", "links to it in each such interaction, over 28 days"),
    measure("accounts_1d", "distinct accounts that linked to it on the day"),
    measure("accounts_7d", "the same over 7 days"),
    measure("accounts_28d", "the same over 28 days"),
    measure("new_account_share_7d", "share of the week's accounts that were first seen within the week; null where the lake is not older", nullable=True),
    measure("top_account_share_28d", "share of its 28 days' interactions that its busiest account made"),
    measure("active_days_7d", "days with an interaction, of the last 7"),
    measure("active_days_28d", "days with an interaction, of the last 28"),
    measure("burst_28d", "interactions of its busiest day against the mean of its active days"),
    measure("growth_7d", "this week's interactions against a mean week of the last four; 4 when all are from this week"),
    measure("hour_entropy_28d", "entropy of the hours of the day, 0 (one hour) to 1 (all alike)"),
    measure("networks_28d", "distinct networks; null where the source tells none", nullable=True),
    measure("clients_28d", "distinct clients; null where the source tells none", nullable=True),
    measure("account_domains_7d", "mean number of domains that its week's accounts linked to in the week"),
    measure("linking_share_7d", "share of its week's accounts' interactions that carry links"),
    measure("age_days", "days since it was first seen; null where it was there when the lake began", nullable=True),
)  # fmt: skip

DOMAIN_PAGE = (
    measure("page_text_chars", "characters of text on its newest page; null without a page", nullable=True),
    measure("page_media", "images and videos on its newest page; null without a page", nullable=True),
)

DOMAIN_FEATURES = Table(
    name="domain_features",
    row="How one domain that was active in the week up to the day has been used, and a sample of its links.",
    key=("day", "domain"),
    keep_days=60,
    columns=(
        day_column("the day"),
        Column("domain", "string", "target domain"),
        Column("links", "array<string>", "hash sample of its distinct links of 28 days"),
        Column("page_text", "string", "title and text of its newest page; null without a page", nullable=True),
        count("exposure_1d", "impressions of it on the day, or interactions where impressions are not told"),
        *DOMAIN_BEHAVIOUR,
        *DOMAIN_PAGE,
    ),
)
