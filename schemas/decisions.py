"""Fused scores, decisions with their evidence, and the review queue."""

from schemas.table import Column, Table, count, day_column, entity_kind, probability

ACTIONS = ("limit_distribution", "suspend", "review", "monitor")
ENFORCEMENT = ("limit_distribution", "suspend")  # those that stay until something reverses them
STATES = ("new", "kept", "reversed", "held")

FUSION_WEIGHTS = Table(
    name="fusion_weights",
    row="The weight of one detector in the day's fusion for one kind of entity; the row 'bias' is the constant.",
    key=("day", "entity_kind", "detector"),
    columns=(
        day_column("the day"),
        entity_kind(),
        Column("detector", "string", "domain_model, graph, ... or bias"),
        Column("weight", "double", "factor of the detector's clipped logit"),
        count("examples", "labelled entities that it was fitted on; 0 means equal weights"),
    ),
)

ENTITY_SCORES = Table(
    name="entity_scores",
    row="The fused score of one account or domain that was active in the week up to the day.",
    key=("day", "entity_kind", "entity_id"),
    columns=(
        day_column("the day"),
        entity_kind(),
        Column("entity_id", "string", "account id or target domain"),
        probability("score", "calibrated probability that it is spam, from all detectors that have a score; the prior where none has"),
        probability("oof_score", "for an entity with a label: the same without its fold's labels", nullable=True),
        Column("detectors", "map<string, double>", "the score of each detector that has one"),
        Column("label", "string", "spam or benign where a label is known; it overrides the score in decisions", nullable=True),
        count("interactions_1d", "its interactions on the day (with links, for a domain)"),
        count("accounts_7d", "accounts that linked to it in the week; 1 for an account"),
        count("exposure_1d", "impressions on the day, or interactions where the source has no impressions"),
    ),
)  # fmt: skip

DECISIONS = Table(
    name="decisions",
    row="The action that applies to one account or domain on the day, and since when; or its reversal on the day.",
    key=("day", "entity_kind", "entity_id"),
    followed=True,
    columns=(
        day_column("the day"),
        entity_kind(),
        Column("entity_id", "string", "account id or target domain"),
        Column("action", "string", "limit_distribution (domains), suspend (accounts), review or monitor", check="action IN ('limit_distribution', 'suspend', 'review', 'monitor')"),
        Column("state", "string", "new, kept from the day before, reversed on this day, or held by a brake", check="state IN ('new', 'kept', 'reversed', 'held')"),
        Column("since", "date", "the day the action began"),
        probability("score", "fused score on the day, or of the last day it was scored"),
        Column("reason", "string", "why it is in this state, in words"),
        Column("policy", "string", "the threshold that was met, such as score >= 0.9"),
    ),
)  # fmt: skip

EVIDENCE = Table(
    name="evidence",
    row="One reason for one decision.",
    key=("day", "entity_kind", "entity_id", "rank"),
    columns=(
        day_column("the day"),
        entity_kind(),
        Column("entity_id", "string", "account id or target domain"),
        Column("rank", "int", "1 is the strongest", check="rank > 0"),
        Column(
            "detector",
            "string",
            "domain_model, account_model, clusters, graph, label; or fusion where only an earlier fused score is left",
        ),
        Column(
            "kind", "string", "token, link, behaviour, page, neighbour, label, or score where no single reason is named"
        ),
        Column("what", "string", "the token, feature, neighbour or label itself"),
        Column(
            "contribution",
            "double",
            "how far the fused logit falls without it, before clipping; the clip itself for a label",
        ),
        Column("sentence", "string", "the reason in words; hostile text is quoted as it is, so escape it on output"),
        Column("model_version", "string", "of the model behind it", nullable=True),
    ),
)

REVIEW_QUEUE = Table(
    name="review_queue",
    row="One item that the day hands to human reviewers.",
    key=("day", "item_id"),
    followed=True,
    columns=(
        day_column("the day"),
        Column("item_id", "string", "hash of entity and day: the same on every run"),
        Column("rank", "int", "1 is reviewed first", check="rank > 0"),
        Column("purpose", "string", "harm (prevents the most exposure to spam), new_cluster (unknown to labels and models), explore (nothing scored yet: by exposure) or label (of the day's labelling batch)"),
        Column("entity_kind", "string", "what is asked about: account, domain or cluster", check="entity_kind IN ('account', 'domain', 'cluster')"),
        Column("entity_id", "string", "account id, target domain or cluster id"),
        probability("score", "probability that it is spam (of a cluster: that a member is); null where nothing is scored yet", nullable=True),
        count("exposure", "impressions or interactions of the day that a decision would affect"),
        Column("priority", "double", "expected harm prevented per reviewer minute; the order within a purpose"),
        Column("minutes", "double", "time that a review takes", check="minutes > 0"),
        count("accounts", "accounts that the item represents"),
        Column("sentences", "array<string>", "the strongest evidence in words"),
    ),
)  # fmt: skip
