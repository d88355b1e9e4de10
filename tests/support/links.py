"""Made-up lists of labelled links."""

import numpy as np
import pandas as pd

from lib.evaluation.link_lists import Links, distinct_links
from tests.support.models import GOOD, SPAM, TINY

TOML = "[domain_model]\n" + "\n".join(
    f"{name} = {value}" for name, value in TINY.model_dump(exclude_unset=True).items()
)


def link_rows(number: int, *, seed: int) -> pd.DataFrame:
    """Every third link is spam: other words in the host, and a path with digits."""
    random = np.random.default_rng(seed)
    spam = np.arange(number) % 3 == 0
    rows = []
    for place, is_spam in enumerate(spam):
        first, second = random.choice(SPAM if is_spam else GOOD, size=2, replace=False)
        path = f"/offer/buy.php?id={random.integers(10**6)}" if is_spam else "/article/read"
        rows.append(f"http://www.{first}-{second}{seed}{place // 2}.com{path}")
    return pd.DataFrame({"url": rows, "label": np.where(spam, "phishing", "legitimate")})


def links(number: int, *, seed: int) -> Links:
    rows = link_rows(number, seed=seed)
    return distinct_links(rows["url"], rows["label"].eq("phishing").to_numpy())
