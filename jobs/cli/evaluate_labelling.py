"""evaluate labelling: what chosen batches of labels are worth."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.console import (
    DEFAULT_PATH,
    AsJson,
    ConfigPath,
    grid,
    quiet_tensorflow,
    say,
    say_json,
    settings_or_defaults,
)
from jobs.cli.lazy import lazy_imports

with lazy_imports():
    from lib import charts
    from lib.evaluation import labelled_files, link_lists
    from lib.evaluation import labelling_evaluation as evaluation

if TYPE_CHECKING:
    from lib.evaluation.labelling_evaluation import LabellingFigures, Step

Train = Annotated[list[Path], typer.Option("--train", help="CSV or Parquet with labelled links; may be given again.")]
Test = Annotated[Path | None, typer.Option("--test", help="The same, to judge on; else a third of the domains.")]
UrlColumn = Annotated[str, typer.Option("--url-column", help="The links.")]
LabelColumn = Annotated[str, typer.Option("--label-column", help="1, true or spam; 0, false or benign.")]
Rounds = Annotated[int, typer.Option("--rounds", min=1, help="Batches that are labelled after the first one.")]
Batch = Annotated[int, typer.Option("--batch", min=1, help="Domains per batch.")]
Start = Annotated[int, typer.Option("--start", min=1, help="Random domains that are labelled at first.")]
Seeds = Annotated[int, typer.Option("--seeds", min=1, help="Times that all is repeated.")]
SpamShare = Annotated[
    float | None, typer.Option("--spam-share", min=0.001, max=0.999, help="Thin out the pool's spam to this share.")
]
Plot = Annotated[Path | None, typer.Option("--plot", help="SVG of recall by labels.")]


def evaluate_labelling(
    train: Train,
    test: Test = None,
    url_column: UrlColumn = "url",
    label_column: LabelColumn = "spam",
    rounds: Rounds = 4,
    batch: Batch = 40,
    start: Start = 40,
    seeds: Seeds = 3,
    spam_share: SpamShare = None,
    plot: Plot = None,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Batches as `labels candidates` chooses them, compared with random ones, on links whose labels are known."""
    if plot and plot.suffix != ".svg":
        raise labelled_files.BadTable(f"{plot}: --plot writes SVG, so its name must end in .svg")
    quiet_tensorflow()
    settings = settings_or_defaults(config)
    candidates = settings.candidates.model_copy(update={"batch": batch})
    trial = evaluation.Trial(rounds, start, seeds, candidates, settings.domain_model, settings.samples.folds)
    links = link_lists.read_links(train, url_column=url_column, label_column=label_column)
    if test is None:
        pool, other = evaluation.split(links, seed=settings.domain_model.seed)
    else:
        others = link_lists.read_links([test], url_column=url_column, label_column=label_column)
        import numpy as np  # noqa: PLC0415 - help needs no arrays

        pool, other = links, others.of(~np.isin(others.domain, links.domain))
    sides = [
        evaluation.domains_of(
            side, at_most=settings.samples.links_per_domain, folds=trial.folds, seed=settings.domain_model.seed
        )
        for side in (pool, other)
    ]
    if spam_share is not None:
        sides[0] = evaluation.thinned(sides[0], spam_share, seed=settings.domain_model.seed)
    result = evaluation.evaluate_labelling(sides[0], sides[1], trial, report=(lambda _: None) if as_json else say)
    if plot:
        write_plot(result, plot)
    if as_json:
        say_json(asdict(result))
    else:
        show(result)


def write_plot(result: "LabellingFigures", path: Path) -> None:
    ways = {way: [step.figures[way]["recall_at_fpr_01"] for step in result.steps] for way in evaluation.WAYS}
    labels = [step.labels for step in result.steps]
    path.write_text(charts.learning_chart(labels, ways, "recall at 1% false positives"), encoding="utf-8")


def show(result: "LabellingFigures") -> None:
    say(
        f"pool of {result.pool_domains} domains ({result.pool_spam_domains} spam), judged on {result.test_domains} "
        f"others ({result.test_spam_domains} spam); means of {result.seeds} seeds with 95% intervals"
    )
    for name in evaluation.FIGURES:
        grid(name, ("labels", *evaluation.WAYS, "gain"), [row(step, name) for step in result.steps])


def row(step: "Step", name: str) -> tuple[object, ...]:
    return (
        step.labels,
        *(with_interval(step.figures[way][name]) for way in evaluation.WAYS),
        with_interval(step.gain[name]),
    )


def with_interval(value: tuple[float, float, float]) -> str:
    mean, low, high = value
    return f"{mean:.3f} ({low:.3f} to {high:.3f})"
