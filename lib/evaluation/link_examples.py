"""Labelled links as the examples that the domain model learns from."""

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.evaluation.link_lists import Links
from lib.models.domain.domain_encoder import BEHAVIOUR, PAGE
from lib.sampling import grouped_stratified_folds


def bags_of(links: Links, *, at_most: int, folds: int, seed: int) -> pa.Table:
    """Rows as fit_domains takes them, with nothing known but links: one a domain and label, by domain.

    A domain whose links are not all of one label makes a bag of each. Both count as one domain, so they share its
    weight and its fold. Of many links a hash sample is taken, as domain_features does.
    """
    table = pd.DataFrame({"domain": links.domain, "is_spam": links.spam, "url": links.url})
    table = table.assign(order=[hashlib.sha256(url.encode()).digest() for url in links.url]).sort_values("order")
    bags = table.groupby(["domain", "is_spam"])["url"].agg(lambda urls: list(urls[:at_most])).reset_index()
    spam = bags["is_spam"].to_numpy(bool)
    number = np.unique(bags["domain"].to_numpy(object), return_inverse=True)[1]
    nothing = pa.nulls(len(bags), pa.float64())
    return pa.table(
        {
            "domain": pa.array(bags["domain"], pa.string()),
            "is_spam": pa.array(spam),
            "weight": pa.array(np.ones(len(bags))),
            "fold": pa.array(grouped_stratified_folds(spam, number, folds, seed)),
            "links": pa.array(bags["url"], pa.list_(pa.string())),
            "page_text": pa.nulls(len(bags), pa.string()),
            **dict.fromkeys((*BEHAVIOUR, *PAGE), nothing),
        }
    )


def bags_of_one(links: Links) -> pa.ListArray:
    return pa.ListArray.from_arrays(np.arange(len(links) + 1, dtype=np.int32), pa.array(links.url, pa.string()))
