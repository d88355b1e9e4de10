"""The account model against boosted trees, on tables that anybody can make.

    python -m tests.benchmarks.account_model

One line per table: the AUC of HistGradientBoostingClassifier, then how much more the model has, trained for the usual
number of steps, and for as long as unseen rows gain by it; means over the seeds. It takes some ten minutes.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn import datasets
from sklearn.utils import Bunch

from lib.config import AccountModelSettings
from lib.evaluation.account_evaluation import evaluate_accounts
from lib.evaluation.account_tables import PREFIX, Labelled

FOLDS = 5
SEEDS = 2
TEST_ROWS = 4000  # of the tables that are made up
TRAIN_SHARE = 0.6  # of the others

Random = np.random.Generator


def counts(random: Random, rows: int, tail: float, scale: float) -> np.ndarray:
    """Of a power law: what accounts have of anything."""
    return np.floor(scale * random.pareto(tail, rows))


def rules(random: Random, rows: int) -> pd.DataFrame:
    """Sharp thresholds and their products, of counts with long tails: what trees are made for."""
    followers, friends = counts(random, rows, 1, 50), counts(random, rows, 1, 50)
    posts, age = counts(random, rows, 0.8, 100), np.floor(random.gamma(1.5, 400, rows))
    share, links, client = random.random(rows), random.poisson(3, rows), random.integers(0, 30, rows)
    spam = -1.5 + 2.5 * ((friends > 3 * followers + 20) & (age < 300)) + 2 * ((posts > 800) & (share < 0.3))
    spam += 1.5 * ((links >= 6) | (links == 0)) * (client % 5 == 0) + 1.2 * np.isin(client, [3, 7, 11])
    spam -= 2 * (followers > 500) + 0.7 * (age > 900)
    columns = {"followers": followers, "friends": friends, "posts": posts, "age": age, "links": links}
    columns |= {"share": np.where(random.random(rows) < 0.1, np.nan, share), "client": client.astype(str)}
    columns |= {f"noise{n}": counts(random, rows, 1, 10) for n in range(6)}
    return pd.DataFrame({**columns, "spam": random.random(rows) < expit(1.6 * spam)})


def profiles(random: Random, rows: int) -> pd.DataFrame:
    """Bots and people whose counts and profiles differ a little in everything; some are labelled wrongly."""
    bot = random.random(rows) < 0.4
    followers = np.where(bot, counts(random, rows, 1.1, 8), counts(random, rows, 1.0, 60))
    columns = {
        "followers": followers,
        "friends": np.where(bot, counts(random, rows, 1.3, 150), counts(random, rows, 1.2, 90)),
        "posts": np.where(bot, counts(random, rows, 0.9, 30), counts(random, rows, 1.0, 300)),
        "listed": np.floor(followers * random.beta(0.5, 60, rows)),
        "age": np.where(bot, random.gamma(1.5, 300, rows), random.gamma(3, 500, rows)),
        "digits": np.where(bot, random.beta(1.2, 3, rows), random.beta(0.4, 5, rows)),
        "no_image": random.random(rows) < np.where(bot, 0.3, 0.05),
        "about": np.where(random.random(rows) < np.where(bot, 0.5, 0.15), np.nan, random.gamma(2, 35, rows)),
        "language": np.floor(random.exponential(np.where(bot, 2.4, 1.7))).clip(max=9).astype(int).astype(str),
    }
    return pd.DataFrame({**columns, "spam": bot ^ (random.random(rows) < 0.06)})


def parts(table: pd.DataFrame, random: Random, train: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    order = random.permutation(len(table))
    return table.iloc[order[:train]], table.iloc[order[train:]]


def generated(make: Callable[[Random, int], pd.DataFrame], rows: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(seed)
    return parts(make(random, rows + TEST_ROWS), random, rows)


def given(bunch: Bunch, spam: np.ndarray, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = pd.DataFrame(bunch.data).rename(columns=str).assign(spam=spam)
    return parts(table, np.random.default_rng(seed), int(TRAIN_SHARE * len(table)))


def trials(seed: int) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    for rows in (1500, 10_000):
        yield f"rules, {rows} rows", *generated(rules, rows, seed)
        yield f"profiles, {rows} rows", *generated(profiles, rows, seed)
    tumours, sugar, written = datasets.load_breast_cancer(), datasets.load_diabetes(), datasets.load_digits()
    yield "breast_cancer", *given(tumours, tumours.target == 0, seed)
    yield "diabetes", *given(sugar, sugar.target > np.median(sugar.target), seed)
    yield "digits: 8 or not", *given(written, written.target == 8, seed)


def labelled(table: pd.DataFrame) -> Labelled:
    columns = table.drop(columns="spam").reset_index(drop=True).add_prefix(PREFIX)
    return Labelled(columns, table["spam"].to_numpy(bool), 0)


def main() -> None:
    result: dict[str, list[list[float]]] = {}
    for seed in range(SEEDS):
        for name, train, test in trials(seed):
            both = [
                evaluate_accounts(
                    labelled(train), labelled(test), settings=AccountModelSettings(lengths=lengths), folds=FOLDS
                )
                for lengths in (1, AccountModelSettings().lengths)
            ]
            trees = both[0].baseline["auc"]
            result.setdefault(name, []).append([trees, *(one.auc - trees for one in both)])
    print(f"{'table':22} {'trees':>6} {'usual':>7} {'longer':>7}")
    for name, values in result.items():
        trees, usual, longer = np.mean(values, axis=0)
        print(f"{name:22} {trees:6.3f} {usual:+7.3f} {longer:+7.3f}")


if __name__ == "__main__":
    main()
