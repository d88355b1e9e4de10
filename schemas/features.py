"""Features of accounts and domains over the last 1, 7 and 28 days: the input of the models."""

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
    measure("networks_28d", "distinct networks; null where the source has none", nullable=True),
    measure("clients_28d", "distinct clients; null where the source has none", nullable=True),
    measure("account_domains_7d", "mean number of domains that its week's accounts linked to in the week"),
    measure("linking_share_7d", "share of its week's accounts' interactions that carry links"),
    measure("age_days", "days since it was first seen; null where it was seen on the first day of the lake", nullable=True),
)  # fmt: skip

DOMAIN_PAGE = (
    measure("page_text_chars", "characters of text on its newest page; null without a page", nullable=True),
    measure("page_media", "images and videos on its newest page; null without a page", nullable=True),
)

DOMAIN_FEATURES = Table(
    name="domain_features",
    row="The features of one domain that was active in the week up to the day, and a sample of its links.",
    key=("day", "domain"),
    keep_days=60,
    columns=(
        day_column("the day"),
        Column("domain", "string", "target domain"),
        Column("links", "array<string>", "hash sample of its distinct links of 28 days"),
        Column("page_text", "string", "title and text of its newest page; null without a page", nullable=True),
        count("exposure_1d", "impressions of it on the day, or interactions where the source has no impressions"),
        *DOMAIN_BEHAVIOUR,
        *DOMAIN_PAGE,
    ),
)

ACCOUNT_PROFILE = (
    measure("age_days", "days since it was first seen; null where it was seen on the first day of the lake", nullable=True),
    measure("registered_days", "days since it was registered; null where the source has no registration time", nullable=True),
    measure("name_chars", "characters of its name; null without a name", nullable=True),
    measure("name_digit_share", "share of digits in its name", nullable=True),
    measure("name_mark_share", "share of characters of its name that are neither letters nor digits", nullable=True),
    measure("name_entropy", "entropy of the characters of its name, in bits", nullable=True),
)  # fmt: skip

ACCOUNT_BEHAVIOUR = (
    measure("interactions_1d", "its interactions on the day"),
    measure("interactions_7d", "the same over 7 days"),
    measure("interactions_28d", "the same over 28 days"),
    measure("active_days_7d", "days with an interaction, of the last 7"),
    measure("active_days_28d", "days with an interaction, of the last 28"),
    measure("burst_28d", "interactions of its busiest day against the mean of its active days"),
    measure("growth_7d", "this week's interactions against a mean week of the last four; 4 when all are from this week"),
    measure("hour_entropy_28d", "entropy of the hours of the day, 0 (one hour) to 1 (all alike)"),
    measure("gap_mean_28d", "mean pause between interactions of one day, in seconds; null where there is none", nullable=True),
    measure("gap_variation_28d", "standard deviation of these pauses against their mean: near 0 where they are regular; null with fewer than two", nullable=True),
    measure("linking_share_28d", "share of its interactions that carry links"),
    measure("links_per_interaction_28d", "links in each interaction that carries any; null where none does", nullable=True),
    measure("domains_28d", "distinct domains that it linked to"),
    measure("top_domain_share_28d", "share of its pairs of interaction and domain that are with its first domain; null without links", nullable=True),
    measure("repeated_link_share_28d", "share of its links that repeat one of its links; null without links", nullable=True),
    measure("repeated_text_share_28d", "share of its texts that repeat one of its texts; null without texts", nullable=True),
    measure("text_chars_28d", "mean length of its texts; null without texts", nullable=True),
    measure("text_upper_share_28d", "share of capitals in its texts", nullable=True),
    measure("text_digit_share_28d", "share of digits in its texts", nullable=True),
    measure("text_mark_share_28d", "share of characters in its texts that are neither letters nor digits nor space", nullable=True),
    measure("texted_share_28d", "share of its interactions that carry a text"),
    measure("networks_28d", "distinct networks; null where the source has none", nullable=True),
    measure("clients_28d", "distinct clients; null where the source has none", nullable=True),
    measure("domain_accounts_7d", "mean number of accounts that link to its week's domains in the week; null without links", nullable=True),
    measure("shared_domain_share_7d", "share of its week's domains that other accounts link to as well; null without links", nullable=True),
)  # fmt: skip

BINS = 10  # of the histogram of domain scores, of equal width
SCORE_HISTOGRAM = tuple(
    measure(f"domain_scores_{n}", f"share of its week's links whose domain has a score of {n / BINS:.1f} to {(n + 1) / BINS:.1f}; null where none is scored", nullable=True)
    for n in range(BINS)
)  # fmt: skip
ACCOUNT_DOMAIN_SCORES = (
    *SCORE_HISTOGRAM,
    measure("domain_score_mean", "mean of these scores, by links", nullable=True),
    measure("domain_score_max", "the highest of them", nullable=True),
    measure("domain_score_median", "their median, by links", nullable=True),
    measure("domain_score_p90", "their 90th percentile, by links", nullable=True),
    measure("spam_link_share", "share of its week's links whose domain has a score of at least .5", nullable=True),
    measure("spam_domain_top_share", "of its week's links to domains with a score of at least .5, the share of the first such domain; null where there is none", nullable=True),
    measure("scored_share", "share of its week's links whose domain has a score; null without links", nullable=True),
)  # fmt: skip

ACCOUNT_FEATURES = Table(
    name="account_features",
    row="The features of one account that was active in the week up to the day, with the scores of the domains that it linked to.",
    key=("day", "account_id"),
    keep_days=60,
    columns=(
        day_column("the day"),
        Column("account_id", "string", "the account"),
        Column("name", "string", "its newest display name", nullable=True),
        Column("created_at", "timestamp", "when it was registered (UTC)", nullable=True),
        Column("attributes", "map<string, string>", "further values of the newest snapshot", nullable=True),
        Column("categories", "array<string>", "its most frequent values of each expert attribute in 28 days, as NAME=VALUE, sorted"),
        Column("hours", "array<bigint>", "its interactions of 28 days in each hour of the day (UTC), 24 values"),
        *ACCOUNT_PROFILE,
        *ACCOUNT_BEHAVIOUR,
        *ACCOUNT_DOMAIN_SCORES,
    ),
)  # fmt: skip

DOMAIN_NUMBERS = tuple(column.name for column in (*DOMAIN_BEHAVIOUR, *DOMAIN_PAGE))
ACCOUNT_NUMBERS = tuple(column.name for column in (*ACCOUNT_PROFILE, *ACCOUNT_BEHAVIOUR, *ACCOUNT_DOMAIN_SCORES))
