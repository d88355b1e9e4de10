"""evaluate labelling: what chosen batches of labels are worth."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, given_settings, grid, quiet_tensorflow, say, say_json
from lib.evaluation.labelled_files import BadTable
from lib.evaluation.labelling_evaluation import (
    FIGURES,
    WAYS,
    LabellingFigures,
    Step,
    Trial,
    domains_of,
    evaluate_labelling,
    split,
    thinned,
)
from lib.evaluation.link_lists import read_links

Train = Annotated[list[Path], typer.Option("--train", help="CSV or Parquet with labelled links; may be given again.")]
Test = Annotated[Path | None, typer.Option("--test", help="The same, to judge on; else a third of the domains.")]
UrlColumn = Annotated[str, typer.Option("--url-column", help="The links.")]
LabelColumn = Annotated[str, typer.Option("--label-column", help="1, true or spam; 0, false or benign.")]
Rounds = Annotated[int, typer.Option("--rounds", min=1, help="Batches that are asked after the first labels.")]
Batch = Annotated[int, typer.Option("--batch", min=1, help="Domains a batch.")]
Start = Annotated[int, typer.Option("--start", min=1, help="Random domains that are labelled at first.")]
Seeds = Annotated[int, typer.Option("--seeds", min=1, help="Times that all is played.")]
SpamShare = Annotated[
    float | None, typer.Option("--spam-share", min=0.001, max=0.999, help="Thin out the pool's spam to this share.")
]
Plot = Annotated[Path | None, typer.Option("--plot", help="SVG of recall by labels.")]


def labelling(
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
    """Batches as `labels candidates` chooses them against random ones, on links whose labels are known."""
    if plot and plot.suffix != ".svg":
        raise BadTable(f"{plot}: --plot writes SVG, so its name must end in .svg")
    quiet_tensorflow()
    given = given_settings(config)
    candidates = given.candidates.model_copy(update={"batch": batch})
    trial = Trial(rounds, start, seeds, candidates, given.domain_model, given.samples.folds)
    links = read_links(train, url_column=url_column, label_column=label_column)
    if test is None:
        pool, other = split(links, seed=given.domain_model.seed)
    else:
        others = read_links([test], url_column=url_column, label_column=label_column)
        pool, other = links, others.of(~np.isin(others.domain, links.domain))
    sides = [
        domains_of(side, at_most=given.samples.links_per_domain, folds=trial.folds, seed=given.domain_model.seed)
        for side in (pool, other)
    ]
    if spam_share is not None:
        sides[0] = thinned(sides[0], spam_share, seed=given.domain_model.seed)
    result = evaluate_labelling(sides[0], sides[1], trial, report=(lambda _: None) if as_json else say)
    if plot:
        write_plot(result, plot)
    if as_json:
        say_json(asdict(result))
    else:
        show(result)


def write_plot(result: LabellingFigures, path: Path) -> None:
    from lib.charts import learning_chart  # noqa: PLC0415 - matplotlib takes seconds to load

    ways = {way: [step.figures[way]["recall_at_fpr_01"] for step in result.steps] for way in WAYS}
    labels = [step.labels for step in result.steps]
    path.write_text(learning_chart(labels, ways, "recall at 1% false positives"), encoding="utf-8")


def show(result: LabellingFigures) -> None:
    say(
        f"pool of {result.pool_domains} domains ({result.pool_spam_domains} spam), judged on {result.test_domains} "
        f"others ({result.test_spam_domains} spam); means of {result.seeds} seeds with 95% intervals"
    )
    for name in FIGURES:
        grid(name, ("labels", *WAYS, "gain"), [row(step, name) for step in result.steps])


def row(step: Step, name: str) -> tuple[object, ...]:
    return (step.labels, *(shown(step.figures[way][name]) for way in WAYS), shown(step.gain[name]))


def shown(told: tuple[float, float, float]) -> str:
    mean, low, high = told
    return f"{mean:.3f} ({low:.3f} to {high:.3f})"
