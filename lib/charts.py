"""Charts as SVG, the same bytes for the same numbers: files of their own, and elements for inside a page."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from io import StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from lib.arrays import Bools, Floats

Draw = Callable[[Axes], None]

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be read, searched and coloured
    "font.size": 9,
    "font.family": "sans-serif",
    "text.parse_math": False,  # a $ in a name is a $
    "axes.spines.top": False,
    "axes.spines.right": False,
}
SPAM, BENIGN, GRID, BASELINE = "#c0392b", "#0b6e99", "#cccccc", "#999999"
COLOURS = ("#0b6e99", "#c0392b", "#5b8c2a", "#8a6d3b")
LEAST_RATE = 1e-3  # the false-positive axis begins here
BINS = 10  # of the reliability diagram, equally many examples in each


@dataclass(frozen=True)
class Round:
    """A training run: how many labelled entities it had, and its figures on held-out ones."""

    labels: int
    metrics: Mapping[str, float]


def svg_file(parts: Sequence[Draw], *, width: float = 3.8, height: float = 3.2) -> str:
    """An SVG file with `parts` side by side, each of that size in inches."""
    return saved(parts, salt="winnow", width=width * len(parts), height=height)


def saved(parts: Sequence[Draw], *, salt: str, width: float, height: float, transparent: bool = False) -> str:
    with mpl.rc_context(STYLE | {"svg.hashsalt": salt}):
        figure = Figure(figsize=(width, height), layout="constrained")
        for axes, draw in zip(np.atleast_1d(figure.subplots(1, len(parts))), parts, strict=True):
            draw(axes)
        file = StringIO()
        figure.savefig(file, format="svg", transparent=transparent, metadata={"Date": None, "Creator": None})
    return file.getvalue()


def score_charts(score: Floats, spam: Bools) -> str:
    """ROC, reliability and histogram of the scores of labelled examples."""
    return svg_file([lambda a: draw_roc(a, score, spam), lambda a: draw_reliability(a, score, spam),
                  lambda a: draw_histogram(a, score, spam)])  # fmt: skip


def draw_roc(axes: Axes, score: Floats, spam: Bools) -> None:
    draw_curve(axes, score, spam, color=BENIGN)
    axes.set(xscale="log", xlim=(LEAST_RATE, 1), ylim=(0, 1.02), xlabel="false-positive rate", ylabel="recall")


def draw_curve(axes: Axes, score: Floats, spam: Bools, *, least: float = LEAST_RATE, **style: Any) -> None:
    """With a logarithmic false-positive axis that begins at `least`: its left end counts. One class has none."""
    if not spam.any() or spam.all():
        return
    false_rate, recall, _ = roc_curve(spam, score, drop_intermediate=False)
    axes.plot(np.maximum(false_rate, least), recall, **style)


def draw_reliability(axes: Axes, score: Floats, spam: Bools) -> None:
    parts = np.array_split(np.argsort(score, kind="stable"), min(BINS, len(score)))
    axes.plot([0, 1], [0, 1], color=GRID, linewidth=0.8)
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

    return svg_file([draw])


def learning_chart(labels: Sequence[int], ways: Mapping[str, Sequence[tuple[float, float, float]]], name: str) -> str:
    """A line for each way with its interval: mean, low and high of the figure `name` at each number of labels."""

    def draw(axes: Axes) -> None:
        for (way, figures), colour in zip(ways.items(), COLOURS, strict=False):
            mean, low, high = np.array(figures).T
            axes.plot(labels, mean, "o-", color=colour, label=way, markersize=4)
            axes.fill_between(labels, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.set(xlabel="labelled domains", ylabel=name, ylim=(0, 1.02))
        axes.legend(frameon=False, loc="lower right")

    return svg_file([draw])


@dataclass(frozen=True)
class Comparison:
    """The labels of one test set, and the scores of two models."""

    spam: Bools
    ours: Floats  # probabilities
    baseline: Floats


def comparison_chart(tests: Sequence[Comparison]) -> str:
    """ROC with a logarithmic false-positive axis, one line per test and model; and how reliable our scores are."""
    ours, spam = (np.concatenate([getattr(test, name) for test in tests]) for name in ("ours", "spam"))
    parts: list[Draw] = [lambda axes: draw_comparison(axes, tests), lambda axes: draw_reliability(axes, ours, spam)]
    return svg_file(parts, width=4.2, height=3.8)


def draw_comparison(axes: Axes, tests: Sequence[Comparison]) -> None:
    least = LEAST_RATE / 10
    for place, test in enumerate(tests):
        for name, score, colour in (("baseline", test.baseline, BASELINE), ("winnow", test.ours, BENIGN)):
            label = None if place else name
            draw_curve(axes, score, test.spam, least=least, color=colour, linewidth=1.2, label=label)
    for rate in (0.001, 0.01):
        axes.axvline(rate, color=GRID, linewidth=0.8, zorder=0)
    axes.set(xscale="log", xlim=(least, 1), ylim=(0, 1.01), xlabel="false-positive rate", ylabel="recall")
    axes.legend(loc="lower right", frameon=False)


# Stand-ins that matplotlib draws with, and what the page puts in their place.
INK, FAINT, FIRST, SECOND, THIRD = "#010203", "#010204", "#010205", "#010206", "#010207"
PAGE_COLOURS = {INK: "var(--ink)", FAINT: "var(--line)", FIRST: "var(--a)", SECOND: "var(--b)", THIRD: "var(--c)"}
SERIES = (FIRST, SECOND, THIRD)


def chart(name: str, draw: Callable[[Axes], None], *, width: float = 5.2, height: float = 2.4) -> str:
    """An <svg> element with `draw`n on it; `name` says what it shows to those who cannot see it. Inches."""

    def in_page_colours(axes: Axes) -> None:
        draw(axes)
        plain(axes)

    return inline(saved([in_page_colours], salt=name, width=width, height=height, transparent=True), name)


def plain(axes: Axes) -> None:
    axes.tick_params(colors=INK, length=0)
    for spine in axes.spines.values():
        spine.set_color(FAINT)
    for text in (axes.xaxis.label, axes.yaxis.label):
        text.set_color(INK)
    axes.set_axisbelow(True)
    if legend := axes.get_legend():
        legend.get_frame().set_visible(False)
        for text in legend.get_texts():
            text.set_color(INK)


def inline(svg: str, name: str) -> str:
    """Only the element, with its colours left to the page and without ids that a second chart has too."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    for placeholder, colour in PAGE_COLOURS.items():
        svg = svg.replace(placeholder, colour)
    size = re.search(r'viewBox="[^"]*"', svg)
    assert size is not None
    head = f'<svg {size.group()} xmlns:xlink="http://www.w3.org/1999/xlink" role="img" aria-label="{escape(name)}">'
    return re.sub(r"<svg[^>]*>", head, svg, count=1)


def histogram(name: str, counts: Sequence[int]) -> str:
    """Entities by score; `counts[i]` of those from i / len to (i + 1) / len. The count axis is logarithmic."""
    width = 1 / len(counts)

    def draw(axes: Axes) -> None:
        axes.bar([i * width for i in range(len(counts))], counts, width=width * 0.86, align="edge", color=FIRST)
        axes.set_yscale("symlog", linthresh=1)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, max(1, *counts) * 1.5)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlabel("score")
        axes.grid(axis="y", color=FAINT, linewidth=0.6)

    return chart(name, draw)


def trend(name: str, days: Sequence[date], series: Mapping[str, Sequence[int]]) -> str:
    """One stacked bar per day."""

    def draw(axes: Axes) -> None:
        below = [0] * len(days)
        for (label, counts), colour in zip(series.items(), SERIES, strict=False):
            axes.bar(range(len(days)), counts, bottom=below, width=0.8, color=colour, label=label)
            below = [a + b for a, b in zip(below, counts, strict=True)]
        labelled = range(len(days) - 1, -1, -7)  # one label per week, the newest day always
        axes.set_xticks(list(labelled), [days[i].strftime("%d %b") for i in labelled])
        axes.set_xlim(-0.6, len(days) - 0.4)
        axes.yaxis.set_major_locator(ticker.MaxNLocator(4, integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.grid(axis="y", color=FAINT, linewidth=0.6)
        if len(series) > 1:
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(series), fontsize=8, handlelength=1)

    return chart(name, draw)


def bars(name: str, values: Mapping[str, float], unit: str) -> str:
    """One horizontal bar per name, the first on top, each with its value."""

    def draw(axes: Axes) -> None:
        names = list(values)[::-1]
        widths = [values[n] for n in names]
        placed = axes.barh(names, widths, height=0.66, color=FIRST)
        axes.bar_label(placed, [f"{width:,.2f}{unit}" for width in widths], padding=3, fontsize=8, color=INK)
        axes.set_xlim(0, max([*widths, 1e-9]) * 1.18)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)

    return chart(name, draw, height=0.5 + 0.26 * max(len(values), 1))
