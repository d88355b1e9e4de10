"""Charts as SVG for inside a page: the same bytes for the same numbers, colours taken from the page."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be read, searched and coloured
    "font.size": 9,
    "font.family": "sans-serif",
    "text.parse_math": False,  # a $ in a name is a $
    "axes.spines.top": False,
    "axes.spines.right": False,
}
# Stand-ins that matplotlib draws with, and what the page puts in their place.
INK, FAINT, FIRST, SECOND, THIRD = "#010203", "#010204", "#010205", "#010206", "#010207"
PAGE_COLOURS = {INK: "var(--ink)", FAINT: "var(--line)", FIRST: "var(--a)", SECOND: "var(--b)", THIRD: "var(--c)"}
SERIES = (FIRST, SECOND, THIRD)


def chart(name: str, draw: Callable[[Axes], None], *, width: float = 5.2, height: float = 2.4) -> str:
    """An <svg> element with `draw`n on it; `name` says what it shows to those who cannot see it. Inches."""
    with mpl.rc_context(STYLE | {"svg.hashsalt": name}):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        plain(axes)
        drawn = StringIO()
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return inline(drawn.getvalue(), name)


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
    for drawn, shown in PAGE_COLOURS.items():
        svg = svg.replace(drawn, shown)
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
    """One stacked bar a day."""

    def draw(axes: Axes) -> None:
        below = [0] * len(days)
        for (label, counts), colour in zip(series.items(), SERIES, strict=False):
            axes.bar(range(len(days)), counts, bottom=below, width=0.8, color=colour, label=label)
            below = [a + b for a, b in zip(below, counts, strict=True)]
        shown = range(len(days) - 1, -1, -7)  # one label a week, the newest day always
        axes.set_xticks(list(shown), [days[i].strftime("%d %b") for i in shown])
        axes.set_xlim(-0.6, len(days) - 0.4)
        axes.yaxis.set_major_locator(ticker.MaxNLocator(4, integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.grid(axis="y", color=FAINT, linewidth=0.6)
        if len(series) > 1:
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(series), fontsize=8, handlelength=1)

    return chart(name, draw)


def bars(name: str, values: Mapping[str, float], unit: str) -> str:
    """One horizontal bar a name, the first on top, each with its value."""

    def draw(axes: Axes) -> None:
        names = list(values)[::-1]
        widths = [values[n] for n in names]
        drawn = axes.barh(names, widths, height=0.66, color=FIRST)
        axes.bar_label(drawn, [f"{width:,.2f}{unit}" for width in widths], padding=3, fontsize=8, color=INK)
        axes.set_xlim(0, max([*widths, 1e-9]) * 1.18)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)

    return chart(name, draw, height=0.5 + 0.26 * max(len(values), 1))
