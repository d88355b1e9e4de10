"""What each detector says of an account or a domain."""

from schemas.table import Column, Table, day_column, entity_kind, probability

FOLD_SCORES = (
    "score without the labels of fold f, for f = 0, 1, ...; what downstream training and out-of-fold solving read"
)
OUT_OF_FOLD = "for an entity with a label: the score that was made without its fold's labels"
REASONS = "array<struct<kind: string, what: string, contribution: double>>"

DOMAIN_SCORES = Table(
    name="domain_scores",
    row="The domain model's verdict on one domain that was active in the week up to the day.",
    key=("day", "domain"),
    columns=(
        day_column("the day that was scored"),
        Column("domain", "string", "target domain"),
        probability("score", "calibrated probability that the domain is spam"),
        probability("oof_score", OUT_OF_FOLD, nullable=True),
        Column("fold_scores", "array<double>", FOLD_SCORES),
        Column("reasons", REASONS, "what raised the score, strongest first: kind (token, link, behaviour, page), what, and the fall of the logit without it; empty below the evidence threshold"),
        Column("model_version", "string", "the version of the domain model in force on the day"),
    ),
)  # fmt: skip

ACCOUNT_SCORES = Table(
    name="account_scores",
    row="The account model's verdict on one account that was active in the week up to the day.",
    key=("day", "account_id"),
    columns=(
        day_column("the day that was scored"),
        Column("account_id", "string", "the account"),
        probability("score", "calibrated probability that the account is spam"),
        probability("oof_score", OUT_OF_FOLD, nullable=True),
        Column("fold_scores", "array<double>", FOLD_SCORES),
        Column("reasons", REASONS, "what raised the score, strongest first: kind (profile, behaviour, category, domain_scores), what, and the fall of the logit without it; empty below the evidence threshold"),
        Column("model_version", "string", "the version of the account model in force on the day"),
    ),
)  # fmt: skip

GRAPH_EDGES = Table(
    name="graph_edges",
    row="An account that made interactions with links to a domain within the window.",
    key=("day", "account_id", "domain"),
    keep_days=30,
    columns=(
        day_column("the last day of the window"),
        Column("account_id", "string", "the account"),
        Column("domain", "string", "target domain"),
        Column("weight", "double", "log1p of the interactions, each decayed with its age", check="weight > 0"),
        Column("last_day", "date", "the newest day of such an interaction"),
    ),
)

NEIGHBOURS = "array<struct<entity_id: string, spam_share: double, weight: double, score: double, label: string>>"

GRAPH_SCORES = Table(
    name="graph_scores",
    row="What the account-domain graph says of one account or domain that was active in the week up to the day.",
    key=("day", "entity_kind", "entity_id"),
    columns=(
        day_column("the day"),
        entity_kind(),
        Column("entity_id", "string", "account id or target domain"),
        probability("score", "calibrated probability that it is spam"),
        probability("oof_score", OUT_OF_FOLD, nullable=True),
        probability("raw_score", "share of spam in the seed mass that reaches it, drawn towards the prior"),
        Column("support", "double", "seed mass that reaches it, by the root of its degree", check="support >= 0"),
        Column("degree", "double", "sum of its edges' weights", check="degree >= 0"),
        Column("seed", "string", "spam or benign where it is a seed itself", nullable=True),
        Column("neighbours", NEIGHBOURS, "its neighbours that hand it the most spam mass, strongest first: share of the spam mass, weight of the edge, their raw score, and their own label (spam, benign or empty)"),
    ),
)  # fmt: skip
