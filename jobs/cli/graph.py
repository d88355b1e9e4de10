"""graph: what is linked to what."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Literal

import typer
from pyspark.sql import DataFrame

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, Day, grid_or_paragraphs, say, say_json, workspace_of
from jobs.engine.reads import check_ran, rows_of
from jobs.engine.workspace import Workspace
from lib.components.spanning_forests import check_merger
from lib.graph.exploration import motifs, neighbours
from lib.graph.graph_components import largest_components
from lib.text.sanitize import defang

app = typer.Typer(help="The account-domain graph: neighbours, components, motifs.", no_args_is_help=True)
Kind = Annotated[Literal["account", "domain"], typer.Argument(help="account or domain")]
Entity = Annotated[str, typer.Argument(help="Account id or domain.", metavar="ID")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Rows shown.")]
MEMBERS = 5  # names of a component that are shown


@app.command("neighbours")
def neighbours_command(
    kind: Kind, entity: Entity, day: Day, limit: Limit = 20, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH
) -> None:
    """The accounts that link to a domain, or the domains that an account links to, the heaviest link first."""
    workspace = workspace_of(config)
    near = neighbours(edges_of(workspace, day), rows_of(workspace, "graph_scores", day), kind=kind, entity_id=entity)
    show("neighbours", near, limit, as_json)


@app.command("components")
def components_command(day: Day, limit: Limit = 20, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """The connected components of the graph, the largest first; by GraphFrames if clusters.components says so."""
    workspace = workspace_of(config)
    merger = workspace.config.clusters.components
    check_merger(workspace.spark, merger)
    total, largest = largest_components(edges_of(workspace, day), members=MEMBERS, limit=limit, merger=merger)
    if as_json:
        say_json([asdict(one) for one in largest])
        return
    rows = [(one.accounts, one.domains, one.links, ", ".join(map(defang, one.members))) for one in largest]
    grid_or_paragraphs(f"{total} components", ("accounts", "domains", "links", "such as"), rows)


@app.command("motifs")
def motifs_command(
    pattern: Annotated[str, typer.Argument(help="Such as '(a)-[]->(d); (b)-[]->(d)'; links go from accounts.")],
    day: Day,
    limit: Limit = 20,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """The matches of a pattern of links. It needs GraphFrames."""
    show("matches", motifs(edges_of(workspace_of(config), day), pattern), limit, as_json)


def edges_of(workspace: Workspace, day: date) -> DataFrame:
    check_ran(workspace, "build_graph", day)
    return rows_of(workspace, "graph_edges", day)


def show(title: str, rows: DataFrame, limit: int, as_json: bool) -> None:
    result = [row.asDict(recursive=True) for row in rows.limit(limit).collect()]
    if as_json:
        say_json(result)
    elif not result:
        say(f"no {title}")
    else:
        cells = [tuple(defang(v) if isinstance(v, str) else v for v in row.values()) for row in result]
        grid_or_paragraphs("", tuple(result[0]), cells)
