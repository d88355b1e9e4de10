"""When members of each cluster acted: the tiles of their common values, brought together."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.arrays import Floats
from lib.clusters.lookup import Held
from lib.clusters.summary import Traits
from lib.clusters.synchrony import Together, together


def acts_together(traits: Sequence[Traits], held: Held, *, hours: Floats, within: int) -> Sequence[Together]:
    """Of each cluster: the acts in which its members show what they share with others of it."""
    acts = held.acts.merge(members_of(traits, held), on="account").merge(values_of(traits, held), on=["cluster", "key"])
    occasion = acts.groupby(["cluster", "key", "day"]).ngroup().to_numpy().astype(np.int64)
    cluster, account, minute = (acts[name].to_numpy() for name in ("cluster", "account", "minute"))
    return together(cluster, account, occasion, minute, clusters=len(traits), hours=hours, within=within)


def members_of(traits: Sequence[Traits], held: Held) -> pd.DataFrame:
    """The cluster of each account, of which there is one."""
    hashed = {name: account for account, name in held.names.items()}
    account = [hashed[name] for one in traits for name in one.members]
    cluster = [place for place, one in enumerate(traits) for _ in one.members]
    return pd.DataFrame({"account": np.array(account, np.int64), "cluster": np.array(cluster, np.int64)})


def values_of(traits: Sequence[Traits], held: Held) -> pd.DataFrame:
    """The values that members of each cluster share."""
    hashed = {value: key for key, value in held.values.items()}
    key = [hashed[value] for one in traits for value, _ in one.shared]
    cluster = [place for place, one in enumerate(traits) for _ in one.shared]
    return pd.DataFrame({"key": np.array(key, np.int64), "cluster": np.array(cluster, np.int64)})
