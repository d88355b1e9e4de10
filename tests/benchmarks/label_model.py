"""Synthetic labels against a majority vote, on simulated accounts whose truth is known.

    python -m tests.benchmarks.label_model

AUC and log loss over the accounts without a hand label, each the mean of ten draws of 4,000 accounts. The majority vote
ranks accounts by their votes for spam less those against; its probability is the share of spam among the votes, kept
within .01 and .99, and what is believed before where nobody votes.
"""

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from lib.arrays import Bools, Floats
from lib.labelling.label_model_fitting import fitted_views, view_probabilities
from tests.support import labelled_accounts as world
from tests.support.labelled_accounts import Function, drawn, settings_of, tallied

ACCOUNTS, DRAWS = 4000, 10
SHARES = (0.03, 0.1, 0.4)
WORLDS = {
    "independent": world.INDEPENDENT,
    "spam votes only": world.ONE_SIDED,
    "near duplicates": world.DUPLICATED,
    "related": world.RELATED,
    "by activity too": world.BY_ACTIVITY,
    "one worse than chance": world.MISLED,
}


def figures(functions: dict[str, Function], *, spam: float, hand: int, draws: int = DRAWS) -> Floats:
    """AUC and log loss of synthetic labels, then of the majority vote."""
    settings = settings_of(functions)
    result = []
    for seed in range(draws):
        is_spam, votes = drawn(functions, accounts=ACCOUNTS, spam=spam, seed=seed)
        tally, place = tallied(functions, is_spam, votes, hand=hand)
        synthetic = view_probabilities(tally, fitted_views(tally, settings)[:1])[place, 0]
        more, share = majority(functions, votes, prior=settings.spam_share)
        for rank, probability in ((synthetic, synthetic), (more, share)):
            told = np.clip(probability[hand:], 1e-6, 1 - 1e-6)
            result += [roc_auc_score(is_spam[hand:], rank[hand:]), log_loss(is_spam[hand:], told)]
    means: Floats = np.array(result).reshape(draws, 4).mean(0)
    return means


def majority(functions: dict[str, Function], votes: Bools, *, prior: float) -> tuple[Floats, Floats]:
    """How many more votes each account has for spam than against, and the probability that this gives."""
    for_spam = np.array([functions[name].vote == "spam" for name in sorted(functions)])
    spam, cast = votes[:, for_spam].sum(1), votes.sum(1)
    share = np.where(cast > 0, np.clip(spam / np.maximum(cast, 1), 0.01, 0.99), prior)
    return (2 * spam - cast).astype(np.float64), share


def main() -> None:
    print(f"{'functions':<24}{'spam':>6}{'hand labels':>13}   synthetic AUC, log loss    majority AUC, log loss")
    for name, functions in WORLDS.items():
        for spam in SHARES:
            for hand in (0, 200):
                auc, loss, plain_auc, plain_loss = figures(functions, spam=spam, hand=hand)
                print(f"{name:<24}{spam:>6}{hand:>13}   {auc:.3f}, {loss:.3f}{plain_auc:>21.3f}, {plain_loss:.3f}")


if __name__ == "__main__":
    main()
