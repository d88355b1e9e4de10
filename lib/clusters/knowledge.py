"""What is known of the members of each cluster."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.clusters.emergence import is_known
from lib.clusters.summary import Traits
from lib.config import ClusterSettings


def knowledge_of(traits: Sequence[Traits], facts: pd.DataFrame, settings: ClusterSettings) -> pd.DataFrame:
    """One row per cluster: shares and numbers of members, and their mean scores, nan where none has one."""
    members = [account for one in traits for account in sorted(one.members)]
    cluster = np.array([place for place, one in enumerate(traits) for _ in one.members], np.int64)
    told = facts.reindex(members)
    result = pd.DataFrame(
        {
            "trusted_share": told["is_trusted"].eq(True).to_numpy(np.float64),
            "known_share": is_known(told, settings).to_numpy(np.float64),
            "labelled_spam": told["is_spam"].eq(True).to_numpy(),
            "labelled_benign": told["is_spam"].eq(False).to_numpy(),
            "domain_score_mean": told["domain_score"].to_numpy(np.float64),
            "account_score_mean": told["account_score"].to_numpy(np.float64),
        }
    )
    counted = ["labelled_spam", "labelled_benign"]
    by_cluster = result.groupby(cluster)
    return pd.concat([by_cluster[counted].sum(), by_cluster[[*result.columns.difference(counted)]].mean()], axis=1)
