"""What people say is spam."""

from schemas.raw import LABEL_COLUMNS, LABEL_KEY
from schemas.table import Table

LABELS = Table(
    name="labels",
    row="One assertion that an account or a domain is spam or is not; precedence between them is resolved at read.",
    key=LABEL_KEY,
    keep_days=10_000,
    followed=True,
    columns=LABEL_COLUMNS,
)
