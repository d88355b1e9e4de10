"""What is done about whom. A day's decisions follow from its scores, its labels and the decisions of the day before.

1. The allow list and a benign label: nothing is done, and the action that applies is reversed.
2. A spam label is enough to act; without one, a detector must have scored the entity: then its score decides.
3. A domain of very many accounts is reviewed instead of limited.
4. Enforcement applies until a benign label, the allow list or its time limit ends it, whatever the score does since.
5. Review and monitoring follow the score.
6. New enforcement beyond the day's cap is held: labelled entities come first, then the highest scores.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lib.config import PolicySettings
from lib.decisions.thresholds import ACT, Cut, lowest_score
from lib.wording.decision_wording import because
from schemas.decisions import ENFORCEMENT

KEY = ["entity_kind", "entity_id"]
Cuts = Mapping[str, Sequence[Cut]]


def decide_actions(
    *, entity_scores: DataFrame, labels: DataFrame, decisions: DataFrame, day: date, policy: PolicySettings, cuts: Cuts
) -> DataFrame:
    """Rows of `decisions`, with what their evidence needs: `is_fresh` (today's score or label by itself
    leads to the action), `detectors`, and the label: is_spam, label_source, label_at.

    `labels` are resolved; `decisions` those of the newest earlier day.
    """
    cases = with_wish(cases_of(entity_scores, labels, decisions, cuts), policy, cuts)
    stepped = with_step(cases, day, policy)
    braked = with_brake(stepped, policy.max_new_actions)
    return braked.select(
        F.lit(day).alias("day"),
        *KEY,
        "action",
        "state",
        since(day).alias("since"),
        F.coalesce("score", "was_score").alias("score"),
        because(policy).alias("reason"),
        F.when(F.col("is_fresh"), F.col("wish_policy")).otherwise(F.col("was_policy")).alias("policy"),
        "is_fresh",
        "detectors",
        "is_spam",
        "label_source",
        "label_at",
    )


def cases_of(entity_scores: DataFrame, labels: DataFrame, decisions: DataFrame, cuts: Cuts) -> DataFrame:
    """The entities that may get a row: those that score high enough, are labelled, or had a decision on the day before.

    `score` is null for an entity that was not active in the week, `was` for one without an earlier decision.
    """
    is_scored = (F.size("detectors") > 0).alias("is_scored")
    today = entity_scores.select(*KEY, "score", "accounts_7d", "label", "detectors", is_scored)
    before = decisions.where("state != 'reversed'").select(
        *KEY, *(F.col(name).alias(f"was_{name}") for name in ("action", "state", "since", "score", "policy"))
    )
    known = labels.select(*KEY, "is_spam", F.col("source").alias("label_source"), F.col("known_at").alias("label_at"))
    high = (F.col("score") >= lowest_score(cuts)) & F.col("is_scored")
    return (
        today.join(before, KEY, "full_outer")
        .where(high | F.col("label").isNotNull() | F.col("was_action").isNotNull())
        .drop("label")
        .join(known, KEY, "left")
    )


def with_wish(cases: DataFrame, policy: PolicySettings, cuts: Cuts) -> DataFrame:
    """`wish`: the action that today's facts alone lead to, or null; `wish_policy`: the threshold that it met;
    `is_allowed`; `is_protected`: reviewed instead of limited."""
    met, text = met_cut(cuts)
    labelled_spam = F.col("is_spam") & ~F.col("is_allowed")
    barred = F.col("is_allowed") | F.coalesce(~F.col("is_spam"), F.lit(False))
    act = by_kind({kind: F.lit(action) for kind, action in ACT.items()})
    crowded = (F.col("entity_kind") == "domain") & (F.col("accounts_7d") >= policy.protected_accounts)
    return (
        cases.withColumn("is_allowed", allowed(policy))
        .withColumn("wish", F.when(labelled_spam, act).when(~barred & F.col("is_scored"), met))
        .withColumn("wish_policy", F.when(labelled_spam, F.lit("label spam")).otherwise(text))
        .withColumn("is_protected", F.coalesce(crowded & F.col("wish").isin(*ENFORCEMENT), F.lit(False)))
        .withColumn("wish", F.when(F.col("is_protected"), F.lit("review")).otherwise(F.col("wish")))
    )


def met_cut(cuts: Cuts) -> tuple[Column, Column]:
    """The strictest action whose threshold the score meets, and the threshold's text; null where it meets none."""
    met, text = {}, {}
    for kind, of_kind in cuts.items():
        met[kind] = text[kind] = F.lit(None).cast("string")
        for cut in reversed([cut for cut in of_kind if cut.score is not None]):
            reached = F.col("score") >= F.lit(cut.score)
            met[kind] = F.when(reached, F.lit(cut.action)).otherwise(met[kind])
            text[kind] = F.when(reached, F.lit(cut.text)).otherwise(text[kind])
    return by_kind(met), by_kind(text)


def by_kind(values: Mapping[str, Column]) -> Column:
    return F.when(F.col("entity_kind") == "account", values["account"]).otherwise(values["domain"])


def allowed(policy: PolicySettings) -> Column:
    listed = {
        "account": F.col("entity_id").isin(list(policy.allow_accounts)),
        "domain": F.col("entity_id").isin([domain.lower() for domain in policy.allow_domains]),
    }
    return by_kind(listed)


def with_step(cases: DataFrame, day: date, policy: PolicySettings) -> DataFrame:
    """`step`: kept, reversed, new, or compete (new enforcement, subject to the cap); `action`: what it is about.

    An entity without an action, before or today, has no row. A held action never began: it needs no reversal.
    """
    was = F.when(F.col("was_state") != "held", F.col("was_action"))
    enforced = F.coalesce(was.isin(*ENFORCEMENT), F.lit(False))
    wish = F.col("wish")
    step = (
        F.when(enforced, F.when(is_over(day, policy), "reversed").otherwise("kept"))
        .when(wish.isNull(), F.when(was.isNotNull(), "reversed"))
        .when(wish.isin(*ENFORCEMENT), "compete")
        .when(wish == was, "kept")
        .otherwise("new")
    )
    stays = F.col("step").isin("kept", "reversed")
    return (
        cases.withColumn("step", step)
        .where("step IS NOT NULL")
        .withColumn("action", F.when(stays, F.col("was_action")).otherwise(wish))
        .withColumn("is_fresh", F.coalesce(F.col("action") == wish, F.lit(False)) & (F.col("step") != "reversed"))
    )


def is_over(day: date, policy: PolicySettings) -> Column:
    """Whether enforcement that applies is reversed on the day."""
    benign = F.coalesce(~F.col("is_spam"), F.lit(False))
    return F.col("is_allowed") | benign | has_expired(day, policy)


def has_expired(day: date, policy: PolicySettings) -> Column:
    if not policy.expire_days:
        return F.lit(False)
    return F.date_diff(F.lit(day), F.col("was_since")) >= policy.expire_days


def with_brake(stepped: DataFrame, cap: int) -> DataFrame:
    """`state`: the step, where the first `cap` of those that compete are new and the rest held."""
    competes = F.col("step") == "compete"
    # Only those that compete share a partition: they are as many as one day's new actions.
    competing = Window.partitionBy(F.when(competes, "").otherwise(F.concat_ws("|", *KEY)))
    order = competing.orderBy(F.desc_nulls_last("is_spam"), F.desc(F.coalesce("score", "was_score")), *KEY)
    taken = F.when(F.row_number().over(order) <= cap, "new").otherwise("held")
    return stepped.withColumn("state", F.when(competes, taken).otherwise(F.col("step")))


def since(day: date) -> Column:
    """The day on which the action began; for a held one, the day since which it has been held."""
    still_held = (F.col("state") == "held") & (F.col("was_state") == "held")
    return F.when(F.col("state").isin("kept", "reversed") | still_held, F.col("was_since")).otherwise(F.lit(day))
