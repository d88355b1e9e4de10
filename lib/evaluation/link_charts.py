"""How well links are told apart, as a picture: a file that stands for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from lib.arrays import Bools, Floats
from lib.evaluation.labelled_files import BadTable

STYLE: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "links", "font.size": 9, "axes.spines.top": False,
         "axes.spines.right": False}  # fmt: skip
LEAST_RATE = 1e-4  # the false-positive axis begins here
BINS = 10  # of the reliability diagram, equally many links in each


@dataclass(frozen=True)
class Told:
    """The labels of links of one test, and what two models say of them."""

    spam: Bools
    ours: Floats  # probabilities
    baseline: Floats


def write_chart(tests: Sequence[Told], path: Path) -> None:
    """ROC with a logarithmic false-positive axis, a line a test; and the reliability of the scores of all tests."""
    if path.suffix != ".svg":
        raise BadTable(f"{path}: --plot writes SVG, so its name must end in .svg")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        draw_roc(left, tests)
        draw_reliability(right, np.concatenate([t.ours for t in tests]), np.concatenate([t.spam for t in tests]))
        figure.savefig(path, format="svg", metadata={"Date": None})


def draw_roc(axes: Axes, tests: Sequence[Told]) -> None:
    for place, test in enumerate(tests):
        for name, score, colour in (("baseline", test.baseline, "#999999"), ("winnow", test.ours, "#0b6e99")):
            false_rate, recall, _ = roc_curve(test.spam, score, drop_intermediate=False)
            shown = np.maximum(false_rate, LEAST_RATE)
            axes.plot(shown, recall, color=colour, linewidth=1.2, label=None if place else name)
    axes.set_xscale("log")
    axes.set_xlim(LEAST_RATE, 1)
    axes.set_ylim(0, 1.01)
    for rate in (0.001, 0.01):
        axes.axvline(rate, color="#cccccc", linewidth=0.8, zorder=0)
    axes.set_xlabel("false-positive rate")
    axes.set_ylabel("recall")
    axes.legend(loc="lower right", frameon=False)


def draw_reliability(axes: Axes, score: Floats, spam: Bools) -> None:
    order = np.array_split(np.argsort(score, kind="stable"), min(BINS, len(score)))
    axes.plot([0, 1], [0, 1], color="#cccccc", linewidth=0.8)
    axes.plot([score[part].mean() for part in order], [spam[part].mean() for part in order], "o-", color="#0b6e99")
    axes.set_xlabel("mean score")
    axes.set_ylabel("share of spam")
