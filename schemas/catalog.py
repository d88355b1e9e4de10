"""All tables, by name."""

from schemas import decisions, features, labelling, models, raw, scores, tiles
from schemas import runs as measures
from schemas.table import Table

MODULES = (raw, tiles, features, labelling, models, scores, decisions, measures)

TABLES: dict[str, Table] = {
    table.name: table for module in MODULES for table in vars(module).values() if isinstance(table, Table)
}
