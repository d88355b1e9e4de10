"""evaluate accounts, evaluate links: the models alone, on the user's own labelled files, without a lake."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
    from lib.evaluation import account_evaluation, account_tables, labelled_files, link_evaluation, link_lists

if TYPE_CHECKING:
    from lib.evaluation.account_evaluation import AccountFigures
    from lib.evaluation.link_evaluation import LinkFigures

Attack = Literal["tokens", "rotate", "pad"]
LEFT_OUT = {
    "unlabelled": "no link or no label",
    "unparsed": "no registered domain in the link",
    "duplicates": "the same link once more",
    "contradicted": "as often spam as not",
}


def evaluate_accounts(
    train: Annotated[Path, typer.Option("--train", help="CSV or Parquet: a row per account, columns of any kind.")],
    test: Annotated[Path, typer.Option("--test", help="The same of other accounts, on which it is judged.")],
    label_column: Annotated[str, typer.Option("--label-column", help="1, true or spam; 0, false or benign.")] = "spam",
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """The account model on your own tables, compared with scikit-learn's gradient-boosted trees on the same rows."""
    quiet_tensorflow()
    settings = settings_or_defaults(config)
    result = account_evaluation.evaluate_accounts(
        account_tables.read_labelled(train, label_column),
        account_tables.read_labelled(test, label_column),
        settings=settings.account_model,
        folds=settings.samples.folds,
    )
    if as_json:
        say_json(asdict(result))
    else:
        show_accounts(result)


def show_accounts(result: "AccountFigures") -> None:
    kinds = ", ".join(f"{number} {name}" for name, number in result.fields.items() if number)
    say(f"trained on {result.train_rows} accounts, judged on {result.test_rows} others; columns: {kinds or 'none'}")
    if result.left_out:
        say(f"{result.left_out} rows without a label are left out")
    rows = [(name, getattr(result, name), trees) for name, trees in result.baseline.items()]
    grid("", ("figure", "winnow", "HistGradientBoosting"), rows)


def evaluate_links(
    train: Annotated[list[Path], typer.Option("--train", help="CSV or Parquet, a row per link; may be repeated.")],
    test: Annotated[Path | None, typer.Option("--test", help="The same of other links, on which it is judged.")] = None,
    url_column: Annotated[str, typer.Option("--url-column")] = "url",
    label_column: Annotated[str, typer.Option("--label-column", help="1, spam, phishing; 0, ham, good.")] = "spam",
    splits: Annotated[int, typer.Option("--splits", min=0, help="Instead of --test: parts by domain, in turn.")] = 0,
    keep_seen: Annotated[bool, typer.Option("--keep-seen", help="Also test links of domains trained on.")] = False,
    attack: Annotated[Attack | None, typer.Option("--attack", help="How the spam of the test changes.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="An SVG to write: ROC and reliability.")] = None,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """The link branch of the domain model on your own lists, compared with a scikit-learn baseline on the same links.

    Scheme and www. are ignored. Test links whose registered domain is in the training lists are left out.
    """
    if (test is None) == (splits < 2):
        raise typer.BadParameter("give either --test, or --splits of 2 or more")
    if plot and plot.suffix != ".svg":
        raise labelled_files.BadTable(f"{plot}: --plot writes SVG, so its name must end in .svg")
    quiet_tensorflow()
    settings = settings_or_defaults(config)
    trial = link_evaluation.Trial(settings.domain_model, settings.samples, keep_seen, attack or "")
    links = link_lists.read_links(train, url_column=url_column, label_column=label_column)
    if test is None:
        result, judged = link_evaluation.evaluate_splits(links, trial, splits=splits)
    else:
        others = link_lists.read_links([test], url_column=url_column, label_column=label_column)
        result, judged = link_evaluation.evaluate_links(links, others, trial)
    if plot:
        tests = [charts.Comparison(one.test.spam, one.ours, one.baseline) for one in judged]
        plot.write_text(charts.comparison_chart(tests), encoding="utf-8")
    if as_json:
        say_json(asdict(result))
    else:
        show_links(result, attack or "")


def show_links(result: "LinkFigures", attack: str) -> None:
    times = f"in each of {result.splits} splits " if result.splits > 1 else ""
    say(
        f"{times}trained on {result.train_links} links of {result.train_domains} domains, judged on "
        f"{result.test_links} ({result.test_spam_links} spam) of {result.test_domains}"
    )
    say(f"{result.seen} test links of domains trained on are {'kept' if result.seen_kept else 'left out'}")
    for reason, number in result.left_out.items():
        if number:
            say(f"{number} rows left out: {LEFT_OUT[reason]}")
    rows = [
        (name, *with_interval(getattr(result, name), result.intervals[name]), *with_interval(value, interval))
        for name, (value, interval) in paired(result.baseline, result.baseline_intervals).items()
    ]
    own = with_interval(result.calibration_error, result.intervals["calibration_error"])
    grid("", ("figure", "winnow", "95%", "baseline", "95%"), [*rows, ("calibration_error", *own, "", "")])
    if result.attack:
        rates = result.attack
        say(f"recall at 1% false positives under {attack}: {rates['before']:.3f} -> {rates['after']:.3f}, a loss of "
            f"{rates['loss']:.3f}; baseline {rates['baseline_before']:.3f} -> {rates['baseline_after']:.3f}, "
            f"{rates['baseline_loss']:.3f}")  # fmt: skip


def paired(
    values: dict[str, float], intervals: dict[str, tuple[float, float]]
) -> dict[str, tuple[float, tuple[float, float]]]:
    return {name: (value, intervals[name]) for name, value in values.items()}


def with_interval(value: float, interval: tuple[float, float]) -> tuple[float, str]:
    low, high = interval
    return value, f"{low:.3f} to {high:.3f}"
