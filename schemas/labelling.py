"""What people say is spam."""

from schemas.raw import LABEL_IMPORTS
from schemas.table import Table

LABELS = Table(
    name="labels",
    row="One assertion that an account or a domain is spam or is not; precedence between them is resolved at read.",
    key=("day", "entity_kind", "entity_id", "source", "known_at"),
    keep_days=10_000,
    followed=True,
    columns=LABEL_IMPORTS.columns,
)
