"""Links of the training domains as examples of their own: the model must cope with a link of which it knows no more."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lib.models.domain.domain_encoder import COLUMNS


def with_single_links(rows: pa.Table, *, at_most: int) -> pa.Table:
    """`rows`, then one row for each of the first `at_most` links of every bag of several, with nothing else known.

    They belong to the same domain, so they share its weight and its fold. A link that a domain shows on several days is
    an example once.
    """
    rows = rows.cast(pa.schema([field.with_nullable(True) for field in rows.schema]))  # Spark's may say NOT NULL
    several = rows.filter(pc.greater(pc.fill_null(pc.list_value_length(rows["links"]), 0), 1))
    first = pc.list_slice(several["links"].combine_chunks(), 0, at_most)
    owner, link = pc.list_parent_indices(first), first.flatten()
    pairs = pd.DataFrame({"domain": several["domain"].take(owner).to_pandas(), "link": link.to_pandas()})
    new = pa.array(~pairs.duplicated().to_numpy())
    owner, link = owner.filter(new), link.filter(new)
    links = pa.ListArray.from_arrays(np.arange(len(owner) + 1, dtype=np.int32), link)
    single = several.take(owner)
    for name in COLUMNS:
        place, kind = single.schema.get_field_index(name), single.schema.field(name).type
        single = single.set_column(place, name, links.cast(kind) if name == "links" else pa.nulls(len(links), kind))
    return pa.concat_tables([rows, single])
