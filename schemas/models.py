"""Which model is in force, and what it was trained on."""

from schemas.table import Column, Table, count, day_column, entity_kind, probability

SAVED = (
    Column("trained_on", "date", "the training day: no label or event after it was read"),
    Column("uri", "string", "where its artefact is"),
    Column("sha256", "string", "of the artefact's files"),
    Column("features", "string", "hash of the names of the features that it expects"),
    Column("metrics", "map<string, double>", "figures on held-out entities of held-out days"),
)

MODEL_VERSIONS = Table(
    name="model_versions",
    row="One version of a model that was trained, whether it ever came into force or not.",
    key=("version",),
    day="",
    keep_days=10_000,
    columns=(
        Column("version", "string", "such as domain-2026-03-10-1"),
        Column("kind", "string", "which model: domain or account"),
        *SAVED,
        Column("misses", "array<string>", "launch criteria that it missed when it was trained, in words"),
        Column("remarks", "array<string>", "what could not be checked, and why"),
    ),
)

MODEL_ACTIVATIONS = Table(
    name="model_activations",
    row="From active_from on, this version is in force, until another row with a later active_from, or a later row of the same.",
    key=("kind", "sequence"),
    day="",
    keep_days=10_000,
    columns=(
        Column("kind", "string", "which model: domain or account"),
        count("sequence", "number of the row among those of its kind, from 1"),
        Column("active_from", "date", "the first day that it is in force: after the training day"),
        Column("version", "string", "the version, such as domain-2026-03-10-1"),
        *SAVED,
        Column("note", "string", "why the row was written: trained, promoted or rolled back", nullable=True),
    ),
)

TRAINING_SETS = Table(
    name="training_sets",
    row="One example that a model version was trained on.",
    key=("day", "version", "entity_id", "feature_day"),
    keep_days=10_000,
    columns=(
        day_column("the training day"),
        Column("version", "string", "the model version"),
        entity_kind(),
        Column("entity_id", "string", "account id or domain"),
        Column("feature_day", "date", "the day whose features the example has"),
        Column("is_spam", "boolean", "its label as of the training day; null where only labelling functions speak of it", nullable=True),
        probability("synthetic", "what the labelling functions make of it, given all hand labels; null where they say nothing", nullable=True),
        Column("weight", "double", "how much it counts"),
        Column("fold", "int", "the fold of the entity, shared by all detectors"),
        probability("oof_score", "calibrated score by the member that never saw the fold"),
        Column("features", "string", "the features, as JSON"),
    ),
)  # fmt: skip
