"""The output of each detector for an account or a domain."""

from schemas.table import Column, Table, count, day_column, entity_kind, probability

FOLD_SCORES = (
    "score without the labels of fold f, for f = 0, 1, ...; what downstream training and out-of-fold solving read"
)
OUT_OF_FOLD = "for an entity with a label: the score that was made without its fold's labels"
REASONS = "array<struct<kind: string, what: string, contribution: double>>"

DOMAIN_SCORES = Table(
    name="domain_scores",
    row="The domain model's score of one domain that was active in the week up to the day.",
    key=("day", "domain"),
    columns=(
        day_column("the day that was scored"),
        Column("domain", "string", "target domain"),
        probability("score", "calibrated probability that the domain is spam"),
        probability("oof_score", OUT_OF_FOLD, nullable=True),
        Column("fold_scores", "array<double>", FOLD_SCORES),
        Column("reasons", REASONS, "what raised the score, strongest first: kind (token, link, behaviour, page), what, and the fall of the logit without it; empty below the evidence threshold"),
        Column("model_version", "string", "the version of the domain model that was active on the day"),
    ),
)  # fmt: skip

ACCOUNT_SCORES = Table(
    name="account_scores",
    row="The account model's score of one account that was active in the week up to the day.",
    key=("day", "account_id"),
    columns=(
        day_column("the day that was scored"),
        Column("account_id", "string", "the account"),
        probability("score", "calibrated probability that the account is spam"),
        probability("oof_score", OUT_OF_FOLD, nullable=True),
        Column("fold_scores", "array<double>", FOLD_SCORES),
        Column("reasons", REASONS, "what raised the score, strongest first: kind (profile, behaviour, category, domain_scores), what, and the fall of the logit without it; empty below the evidence threshold"),
        Column("model_version", "string", "the version of the account model that was active on the day"),
    ),
)  # fmt: skip

STATES = ("new", "kept", "grown", "split", "merged", "ended")
SHARED = "array<struct<attribute: string, value: string, accounts: bigint>>"
PAIRS = "array<struct<left_attribute: string, left_value: string, right_attribute: string, right_value: string, accounts: bigint>>"

ACCOUNT_CLUSTERS = Table(
    name="account_clusters",
    row="An account that belongs to a cluster: over four weeks it shares rare pairs of values with the other members.",
    key=("day", "account_id"),
    columns=(
        day_column("the day"),
        Column("account_id", "string", "the account"),
        Column("cluster_id", "string", "the cluster, see cluster_reports"),
        probability("score", "calibrated probability that a member of the cluster is spam"),
        probability("oof_score", OUT_OF_FOLD, nullable=True),
        Column("shared", SHARED, "the values that it has in common with most other members, and how many members have each, itself included"),
    ),
)  # fmt: skip

CLUSTER_REPORTS = Table(
    name="cluster_reports",
    row="One cluster of the day: the values that its members share, and how it has changed since the day before; or a cluster that has ended.",
    key=("day", "cluster_id"),
    columns=(
        day_column("the day"),
        Column("cluster_id", "string", "the same from day to day; the day that it began and a hash of a member"),
        Column("state", "string", "new, kept, grown, merged (from its parents), split (from its parent) or ended", check="state IN ('new', 'kept', 'grown', 'split', 'merged', 'ended')"),
        Column("since", "date", "the day that it began"),
        count("accounts", "members; 0 where it has ended"),
        count("accounts_before", "its members of the day before"),
        Column("parents", "array<string>", "other clusters of the day before that members came from"),
        Column("merged_into", "string", "the cluster that most of its members went to, where it has ended", nullable=True),
        Column("last_day", "date", "the newest day on which a member had one of its values", nullable=True),
        Column("shared", SHARED, "the values that its members share, most frequent first, and how many members have each"),
        Column("keys", PAIRS, "pairs of values: an account is a member if cluster_values has both of one pair for it; and how many members have"),
        Column("except_keys", PAIRS, "an account that has both values of one of these is no member; empty unless the cluster was split from a larger component"),
        Column("rule", "string", "a short SQL condition that its members meet: HAVING this, over the rows of cluster_values or attribute_days grouped by account; null where it has ended", nullable=True),
        probability("rule_precision", "share of the accounts that meet the rule which are members", nullable=True),
        probability("rule_recall", "share of the members that meet the rule", nullable=True),
        Column("lift", "double", "how many times more accounts have both values of its most frequent pair than would be expected from the trusted accounts", nullable=True),
        probability("q_value", "q-value of that pair: the false-discovery rate (Benjamini-Hochberg) over all candidate pairs of the day", nullable=True),
        Column("synchrony", "double", "how much more often its members act in the same minutes than expected: 0 as expected, 1 always; null where there are too few interactions", check="synchrony >= -1 AND synchrony <= 1", nullable=True),
        probability("trusted_share", "share of members with a long history", nullable=True),
        probability("known_share", "share of members that are spam by a label, by the account model or by the domains that they link to", nullable=True),
        count("labelled_spam", "members with a label of spam"),
        count("labelled_benign", "members with a label of benign"),
        probability("domain_score_mean", "mean over members of the mean domain score of their links; null where none is scored", nullable=True),
        probability("account_score_mean", "mean of its members' scores of the account model; null where none is scored", nullable=True),
        probability("score", "calibrated probability that a member is spam; null where it has ended", nullable=True),
        Column("emerging", "boolean", "new or growing, and unknown to labels and models"),
    ),
)  # fmt: skip

CLUSTER_VALUES = Table(
    name="cluster_values",
    row="One value of a cluster's keys that an account, member or not, had within four weeks.",
    key=("day", "account_id", "attribute", "value"),
    keep_days=60,
    columns=(
        day_column("the day"),
        Column("account_id", "string", "the account"),
        Column("attribute", "string", "its name in the settings: [attributes.NAME]"),
        Column("value", "string", "the value, as in attribute_days"),
    ),
)

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

GRAPH_BLOCKS = Table(
    name="graph_blocks",
    row="Some accounts with all their edges, as a sparse matrix of accounts x domains in raw little-endian arrays: graph_edges as propagation reads them.",
    key=("day", "block"),
    keep_days=30,
    rows_per_file=1,
    columns=(
        day_column("the last day of the window"),
        Column("block", "int", "the accounts with this hash", check="block >= 0"),
        count("edges", "of the block"),
        Column("accounts", "array<string>", "the rows of the matrix: account ids, ascending"),
        Column("domains", "array<string>", "its columns: target domains, ascending"),
        Column("account_keys", "binary", "int64: xxhash64 of each account"),
        Column("account_days", "binary", "int32: the newest day of each account, in days since 1970-01-01"),
        Column("domain_keys", "binary", "int64: xxhash64 of each domain"),
        Column("domain_days", "binary", "int32: the newest day on which these accounts linked to each domain"),
        Column("domain_degrees", "binary", "float64: sum of the weights of each domain's edges in this block"),
        Column("indptr", "binary", "int32: where the edges of each account begin, and the end"),
        Column("indices", "binary", "int32: the domain of each edge, ascending within an account"),
        Column("weights", "binary", "float64: the weight of each edge"),
    ),
)  # fmt: skip

NEIGHBOURS = "array<struct<entity_id: string, spam_share: double, weight: double, score: double, label: string>>"

GRAPH_SCORES = Table(
    name="graph_scores",
    row="The graph's score of one account or domain that was active in the week up to the day.",
    key=("day", "entity_kind", "entity_id"),
    columns=(
        day_column("the day"),
        entity_kind(),
        Column("entity_id", "string", "account id or target domain"),
        probability("score", "calibrated probability that it is spam"),
        probability("oof_score", OUT_OF_FOLD, nullable=True),
        probability("raw_score", "share of spam in the seed mass that reaches it, shrunk towards the prior"),
        Column("support", "double", "seed mass that reaches it, divided by the square root of its degree", check="support >= 0"),
        Column("degree", "double", "sum of its edges' weights", check="degree >= 0"),
        Column("seed", "string", "spam or benign where it is a seed itself", nullable=True),
        Column("neighbours", NEIGHBOURS, "the neighbours that pass the most spam mass to it, strongest first: share of its spam mass, weight of the edge, the neighbour's raw score, and its label (spam, benign or empty)"),
    ),
)  # fmt: skip
