"""What a version of a model can do, as pictures that stand for themselves: SVG, the same bytes for the same numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.arrays import Bools, Floats

Draw = Callable[[Axes], None]

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "winnow",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
SPAM, BENIGN, FAINT = "#c0392b", "#0b6e99", "#cccccc"
COLOURS = ("#0b6e99", "#c0392b", "#5b8c2a", "#8a6d3b")
LEAST_RATE = 1e-3  # the false-positive axis begins here
BINS = 10  # of the reliability diagram, equally many examples in each


@dataclass(frozen=True)
class Round:
    """A training run: how many labelled entities it had, and its figures on held-out ones."""

    labels: int
    metrics: Mapping[str, float]


def drawn(parts: Sequence[Draw]) -> str:
    """An SVG file with `parts` side by side."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.8 * len(parts), 3.2), layout="constrained")
        for axes, draw in zip(np.atleast_1d(figure.subplots(1, len(parts))), parts, strict=True):
            draw(axes)
        file = StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def score_charts(score: Floats, spam: Bools) -> str:
    """ROC, reliability and histogram of the scores of labelled examples."""
    return drawn([lambda a: draw_roc(a, score, spam), lambda a: draw_reliability(a, score, spam),
                  lambda a: draw_histogram(a, score, spam)])  # fmt: skip


def draw_roc(axes: Axes, score: Floats, spam: Bools) -> None:
    """With a logarithmic false-positive axis: what counts is its left end."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)  # equal scores are told together
    caught, wrong = (np.cumsum(side[order])[last] / max(side.sum(), 1) for side in (spam, ~spam))
    axes.plot(np.maximum(wrong, LEAST_RATE), caught, color=BENIGN)
    axes.set(xscale="log", xlim=(LEAST_RATE, 1), ylim=(0, 1.02), xlabel="false-positive rate", ylabel="recall")


def draw_reliability(axes: Axes, score: Floats, spam: Bools) -> None:
    parts = np.array_split(np.argsort(score, kind="stable"), min(BINS, len(score)))
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.8)
    axes.plot([score[part].mean() for part in parts], [spam[part].mean() for part in parts], "o-", color=BENIGN)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="mean score", ylabel="share of spam")


def draw_histogram(axes: Axes, score: Floats, spam: Bools) -> None:
    edges = np.linspace(0, 1, 21)
    axes.hist(
        [score[spam], score[~spam]], bins=list(edges), stacked=True, color=[SPAM, BENIGN], label=["spam", "benign"]
    )
    axes.set(xlabel="score", ylabel="examples")
    axes.legend(frameon=False)


def rounds_chart(rounds: Sequence[Round], names: Sequence[str]) -> str:
    """The figures of each round against its labels."""

    def draw(axes: Axes) -> None:
        for name, colour in zip(names, COLOURS, strict=False):
            points = [(r.labels, r.metrics[name]) for r in rounds if name in r.metrics]
            axes.plot([x for x, _ in points], [y for _, y in points], "o-", color=colour, label=name, markersize=4)
        axes.set(ylim=(0, 1.02), xlabel="labelled entities", ylabel="on held-out ones")
        axes.legend(frameon=False, loc="lower right")

    return drawn([draw])


def learning_chart(labels: Sequence[int], ways: Mapping[str, Sequence[tuple[float, float, float]]], name: str) -> str:
    """A line for each way with its interval: mean, low and high of the figure `name` at each number of labels."""

    def draw(axes: Axes) -> None:
        for (way, told), colour in zip(ways.items(), COLOURS, strict=False):
            mean, low, high = np.array(told).T
            axes.plot(labels, mean, "o-", color=colour, label=way, markersize=4)
            axes.fill_between(labels, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.set(xlabel="labelled domains", ylabel=name, ylim=(0, 1.02))
        axes.legend(frameon=False, loc="lower right")

    return drawn([draw])
