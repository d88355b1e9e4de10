"""evaluate graph, evaluate clusters: detectors alone, on the user's own networks, without a lake."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.console import (
    DEFAULT_PATH,
    AsJson,
    ConfigPath,
    grid,
    grid_or_paragraphs,
    say,
    say_json,
    settings_or_defaults,
)
from jobs.cli.lazy import lazy_imports

with lazy_imports():
    from lib.evaluation import cluster_evaluation, graph_evaluation, network_files

if TYPE_CHECKING:
    from lib.evaluation.cluster_evaluation import ClusterEvaluation
    from lib.evaluation.graph_evaluation import GraphFigures
    from lib.evaluation.network_files import Network

Attributes = Annotated[Path | None, typer.Option("--attributes", help="CSV or Parquet with entity, attribute, value.")]
Links = Annotated[Path | None, typer.Option("--edges", help="Instead: CSV or Parquet with a, b.")]
RareShares = Annotated[
    list[float], typer.Option("--rare-share", min=0.0, help="Of clusters.rare_share; several are compared.")
]
Groups = Annotated[
    Path | None, typer.Option("--truth", help="CSV or Parquet with entity, group, if known; the rest has no group.")
]


def evaluate_clusters(
    attributes: Attributes = None,
    edges: Links = None,
    truth: Groups = None,
    rare_shares: RareShares = [],  # noqa: B006 - typer wants it
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Clusters of long rows (entity, attribute, value), or of links (a, b), compared with known groups; needs no lake.

    Without --truth it reports what there is, to choose a --rare-share by. The section [clusters] of the settings
    applies where there is such a file.
    """
    if bool(attributes) == bool(edges) or (edges and rare_shares):
        raise typer.BadParameter("give either --attributes, with any --rare-share, or --edges")
    chosen = settings_or_defaults(config).clusters
    tried = [chosen.model_copy(update={"rare_share": share}) for share in rare_shares] or [chosen]
    if attributes:
        result = cluster_evaluation.evaluate_clusters(attributes, truth, tried)
    else:
        assert edges is not None
        result = [cluster_evaluation.evaluate_network(edges, truth, chosen)]
    if len(result) > 1:
        show_thresholds(rare_shares, result, as_json)
    elif as_json:
        say_json(asdict(result[0].figures) if result[0].figures else statistics(result[0]))
    else:
        show_clusters(result[0])


def show_clusters(result: "ClusterEvaluation") -> None:
    for name, value in (asdict(result.figures) if result.figures else {}).items():
        say(f"{name}: {value:.3f}")
    grouped = f"; {result.grouped} have a group" if result.figures else ""
    say(
        f"{result.clustered} of {result.entities} entities in {result.clusters} clusters, the largest of "
        f"{result.largest}{grouped}"
    )
    if result.keys is not None:
        say(f"{result.keys} pairs of values link them; at most {result.q_value:.2%} of these are chance")


def statistics(result: "ClusterEvaluation") -> dict[str, Any]:
    """What can be reported without known groups."""
    names = ("keys", "q_value", "clusters", "clustered", "largest")
    return {name: getattr(result, name) for name in names if getattr(result, name) is not None}


def show_thresholds(shares: Sequence[float], result: "Sequence[ClusterEvaluation]", as_json: bool) -> None:
    rows = [
        {"rare_share": share, **statistics(one), **(asdict(one.figures) if one.figures else {})}
        for share, one in zip(shares, result, strict=True)
    ]
    if as_json:
        say_json(rows)
    else:
        grid_or_paragraphs("", tuple(rows[0]), [tuple(row.values()) for row in rows])


def evaluate_graph(
    edges: Annotated[Path, typer.Option("--edges", help="CSV or Parquet with account, domain, and weight if known.")],
    labels: Annotated[Path, typer.Option("--labels", help="CSV or Parquet with kind (account or domain), id, label.")],
    seeds: Annotated[float, typer.Option("--seeds", min=0.0, max=1.0, help="Share of the labels as seeds.")] = 0.1,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Draws of seeds; their mean is reported.")] = 5,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Label propagation on your own network, judged by the labels that are no seeds; needs no lake.

    The section [graph] of the settings applies where there is such a file.
    """
    given = settings_or_defaults(config).graph.model_dump(exclude_unset=True)
    chosen = graph_evaluation.FEW_SEEDS.model_copy(update=given)
    network = network_files.read_network(edges, labels, hub_damping=chosen.hub_damping)
    result = graph_evaluation.evaluate_graph(network, share=seeds, repeats=repeats, settings=chosen)
    if as_json:
        say_json(asdict(result))
    else:
        show_graph(result, network)
        say(f"means of {repeats} draws of {seeds:.0%} of the labels as seeds")


def show_graph(result: "GraphFigures", network: "Network") -> None:
    kinds = (("accounts", result.account), ("domains", result.domain))
    grid("", ("", "AUC", "average precision", "reached"), [(name, k.auc, k.ap, k.reached) for name, k in kinds])
    accounts, domains = network.block.weights.shape
    say(f"{network.block.weights.nnz} pairs of {accounts} accounts and {domains} domains")
    if network.edges_left_out:
        say(f"{network.edges_left_out} rows of edges left out: an end is missing, or the weight is not positive")
    if network.labels_left_out:
        say(f"{network.labels_left_out} labels left out: they are of nothing that has an edge")
