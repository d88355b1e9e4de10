"""Lists of labelled links as people have them, made fit for learning and for measuring.

The scheme and www. are left out before anything is learned or measured: lists are made by different tools, and whether
one wrote them says more about the tool than about the link.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lib.arrays import Bools, Ints, Objects
from lib.evaluation.labelled_files import BadTable, check_column, read_rows, spam_labels
from lib.models.domain.domain_encoder import BEHAVIOUR, PAGE
from lib.sampling import grouped_stratified_folds
from lib.text.targets import targets_of

BEFORE_NAME = r"(?i)^\s*(?:[a-z][a-z0-9+.\-]*:)?(?://)?(?:www\.)?"


@dataclass(frozen=True)
class Links:
    """Distinct links, without scheme and www.; and how many rows of the files are not among them."""

    url: Objects
    domain: Objects  # registered domain, private suffixes counted as suffixes
    spam: Bools
    unlabelled: int = 0  # rows without a link or a label
    unparsed: int = 0  # rows whose link has no registered domain
    duplicates: int = 0
    contradicted: int = 0  # links that are spam as often as not

    def __len__(self) -> int:
        return len(self.url)

    def of(self, chosen: Bools) -> "Links":
        return replace(self, url=self.url[chosen], domain=self.domain[chosen], spam=self.spam[chosen])

    @property
    def domain_number(self) -> Ints:
        return np.asarray(np.unique(self.domain, return_inverse=True)[1])

    @property
    def left_out(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("unlabelled", "unparsed", "duplicates", "contradicted")}


def read_links(paths: Sequence[Path], *, url_column: str, label_column: str) -> Links:
    """The links of all files together. Raises BadTable where a file or column is missing, or one of the classes."""
    rows = pd.concat([labelled_links(path, url_column, label_column) for path in paths], ignore_index=True)
    there = rows.dropna()
    links = distinct_links(there["url"].astype(str), there["spam"].to_numpy(bool))
    if not links.spam.any() or links.spam.all():
        raise BadTable(f"{', '.join(map(str, paths))}: {len(links)} links are left, and not of both classes")
    return replace(links, unlabelled=len(rows) - len(there))


def labelled_links(path: Path, url_column: str, label_column: str) -> pd.DataFrame:
    rows = read_rows(path)
    check_column(rows, url_column, path)
    return pd.DataFrame({"url": rows[url_column], "spam": spam_labels(rows, label_column, path)})


def distinct_links(urls: Iterable[str], spam: Bools) -> Links:
    """Each link once, with the label that it has more often; in the order of their first appearance."""
    given = pa.array(urls, pa.string())
    domains = targets_of(given)
    parsed = domains.is_valid()
    table = pd.DataFrame(
        {
            "url": pc.replace_substring_regex(given, BEFORE_NAME, "").filter(parsed).to_pylist(),
            "domain": domains.filter(parsed).to_pylist(),
            "spam": spam[parsed.to_numpy(zero_copy_only=False)],
        }
    )
    result = table.groupby("url", sort=False).agg(domain=("domain", "first"), spam=("spam", "mean"))
    kept = result[result["spam"] != 0.5]
    return Links(
        url=kept.index.to_numpy(object),
        domain=kept["domain"].to_numpy(object),
        spam=kept["spam"].to_numpy() > 0.5,
        unparsed=len(given) - len(table),
        duplicates=len(table) - len(result),
        contradicted=len(result) - len(kept),
    )


def link_samples(links: Links, *, at_most: int, folds: int, seed: int) -> pa.Table:
    """Rows as fit_domains takes them, of which only links are known: one per domain and label, by domain.

    A domain whose links are not all of one label has a row per label. Both count as one domain, so they share its
    weight and its fold. Of many links a hash sample is taken, as in domain_features.
    """
    table = pd.DataFrame({"domain": links.domain, "is_spam": links.spam, "url": links.url})
    table = table.assign(order=[hashlib.sha256(url.encode()).digest() for url in links.url]).sort_values("order")
    samples = table.groupby(["domain", "is_spam"])["url"].agg(lambda urls: list(urls[:at_most])).reset_index()
    spam = samples["is_spam"].to_numpy(bool)
    number = np.unique(samples["domain"].to_numpy(object), return_inverse=True)[1]
    nothing = pa.nulls(len(samples), pa.float64())
    return pa.table(
        {
            "domain": pa.array(samples["domain"], pa.string()),
            "is_spam": pa.array(spam),
            "weight": pa.array(np.ones(len(samples))),
            "fold": pa.array(grouped_stratified_folds(spam, number, folds, seed)),
            "links": pa.array(samples["url"], pa.list_(pa.string())),
            "page_text": pa.nulls(len(samples), pa.string()),
            **dict.fromkeys((*BEHAVIOUR, *PAGE), nothing),
        }
    )


def single_link_samples(links: Links) -> pa.ListArray:
    return pa.ListArray.from_arrays(np.arange(len(links) + 1, dtype=np.int32), pa.array(links.url, pa.string()))
