"""Model versions, which of them is active from when, and what each was trained on."""

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
    row="One trained version of a model, whether it was ever active or not.",
    key=("version",),
    day="",
    keep_days=10_000,
    columns=(
        Column("version", "string", "such as domain-2026-03-10-1"),
        Column("kind", "string", "which model: domain or account"),
        *SAVED,
        Column("misses", "array<string>", "checks of the promotion gate that it failed when it was trained, in words"),
        Column("remarks", "array<string>", "checks that could not be made, and why"),
    ),
)

MODEL_ACTIVATIONS = Table(
    name="model_activations",
    row="This version is active from active_from on, until a row with a later active_from, or a later row of the same day.",
    key=("kind", "sequence"),
    day="",
    keep_days=10_000,
    columns=(
        Column("kind", "string", "which model: domain or account"),
        count("sequence", "number of the row among those of its kind, from 1"),
        Column("active_from", "date", "the first day on which it is active: after the training day"),
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
        Column("is_spam", "boolean", "its label as of the training day; null where it has votes of labelling functions only", nullable=True),
        probability("synthetic", "the label model's probability, given all hand labels; null where all functions abstain", nullable=True),
        Column("weight", "double", "how much it counts"),
        Column("fold", "int", "the fold of the entity, shared by all detectors"),
        probability("oof_score", "calibrated score by the member that never saw the fold"),
        Column("features", "string", "the features, as JSON"),
    ),
)  # fmt: skip
