"""Why a decision is in its state, and which threshold it met, in words."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from lib.config import PolicySettings

VERB = {
    "limit_distribution": "limit its distribution",
    "suspend": "suspend it",
    "review": "have it reviewed",
    "monitor": "watch it",
}


def because(policy: PolicySettings) -> Column:
    """From the columns that policy.py adds; never null."""
    stays = F.concat(F.lit("stands since "), F.col("was_since").cast("string"))
    return (
        F.when(F.col("state") == "reversed", why_over(policy))
        .when(
            F.col("state") == "held",
            F.concat(basis(), F.lit(f"; held: the day's cap of {policy.max_new_actions} new actions is used up")),
        )
        .when((F.col("state") == "kept") & F.col("is_fresh"), F.concat(stays, F.lit(": "), basis()))
        .when(F.col("state") == "kept", F.concat(stays, F.lit(", "), score_since()))
        .otherwise(F.concat(basis(), before()))
    )


def basis() -> Column:
    """What today's action rests on: a label or the score."""
    by_label = F.concat(F.lit("labelled spam"), label_origin())
    by_score = F.concat(F.lit("its score of "), score_column(F.col("score")), F.lit(" is high enough to "), verb())
    crowded = F.concat(
        F.format_string("; %d accounts linked to it this week", F.col("accounts_7d")),
        F.lit(", too many to limit it without a review"),
    )
    reason = F.when(F.col("wish_policy") == "label spam", by_label).otherwise(by_score)
    return F.concat(reason, F.when(F.col("is_protected"), crowded).otherwise(""))


def why_over(policy: PolicySettings) -> Column:
    follows_score = F.col("was_action").isin("review", "monitor")
    too_low = F.concat(score_now(), F.when(F.col("is_scored"), F.concat(F.lit(", too low to "), verb())).otherwise(""))
    return F.concat(
        F.lit("reversed: "),
        F.when(F.col("is_allowed"), "it is on the allow list")
        .when(~F.col("is_spam"), F.concat(F.lit("labelled benign"), label_origin()))
        .when(follows_score & F.col("score").isNull(), "it was not active this week")
        .when(follows_score, too_low)
        .otherwise(f"it has stood for {policy.expire_days} days, its time limit"),
    )


def score_since() -> Column:
    """Why today's facts alone would not lead to the action that applies."""
    return (
        F.when(F.col("score").isNull(), "though it was not active this week")
        .when(F.col("is_protected"), F.format_string("though %d accounts link to it now", F.col("accounts_7d")))
        .otherwise(F.concat(F.lit("though "), score_now()))
    )


def score_now() -> Column:
    text = F.concat(F.lit("its score is "), score_column(F.col("score")), F.lit(" now"))
    return F.when(F.col("is_scored"), text).otherwise("no detector reaches it now")


def before() -> Column:
    """For a new action: the one that applied until now."""
    since = F.col("was_since").cast("string")
    text = F.concat(F.lit("; until now: "), F.col("was_action"), F.lit(" since "), since)
    return F.when(F.col("was_action").isNotNull() & (F.col("was_state") != "held"), text).otherwise("")


def label_origin() -> Column:
    return F.concat(
        F.lit(" ("), F.col("label_source"), F.lit(", "), F.col("label_at").cast("date").cast("string"), F.lit(")")
    )


def verb() -> Column:
    phrases = F.create_map(*(F.lit(x) for pair in VERB.items() for x in pair))
    return phrases[F.col("action")]


def score_column(score: Column) -> Column:
    """`score_text` of phrases.py in Spark's own arithmetic."""
    return F.format_string("%.3f", F.floor(score * 1000 + 1e-9) / 1000)


def score_threshold(score: float) -> str:
    return f"score >= {score:g}"


def precision_threshold(action: str, score: float | None, precision: float, labelled: int, kind: str) -> str:
    """A threshold that was found on `labelled` entities of the kind; `score` is None where none has the precision."""
    target = f"precision >= {precision:g} on {labelled} labelled {kind}s"
    return f"{action} never: no score has {target}" if score is None else f"score >= {score:.4g}, for {target}"
