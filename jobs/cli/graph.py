"""graph: what is linked to what."""

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, Day, grid_or_paragraphs, say, say_json, workspace_of
from jobs.cli.lazy import lazy_imports
from lib.text.sanitize import defang

with lazy_imports():
    from jobs.engine import reads
    from lib.components import spanning_forests
    from lib.graph import exploration

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.engine.workspace import Workspace

app = typer.Typer(help="The account-domain graph: neighbours, components, motifs.", no_args_is_help=True)
Kind = Annotated[Literal["account", "domain"], typer.Argument(help="account or domain")]
Entity = Annotated[str, typer.Argument(help="Account id or domain.", metavar="ID")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Rows shown.")]
MEMBERS = 5  # names of a component that are shown


@app.command("neighbours")
def list_neighbours(
    kind: Kind, entity: Entity, day: Day, limit: Limit = 20, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH
) -> None:
    """The accounts that link to a domain, or the domains that an account links to, the heaviest link first."""
    workspace = workspace_of(config)
    scores = reads.rows_of(workspace, "graph_scores", day)
    rows = exploration.neighbours(edges_of(workspace, day), scores, kind=kind, entity_id=entity)
    show("neighbours", rows, limit, as_json)


@app.command("components")
def list_components(day: Day, limit: Limit = 20, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """The connected components of the graph, the largest first; by GraphFrames where [clusters] components says so."""
    workspace = workspace_of(config)
    merger = workspace.config.clusters.components
    spanning_forests.check_merger(workspace.spark, merger)
    edges = edges_of(workspace, day)
    total, result = exploration.largest_components(edges, members=MEMBERS, limit=limit, merger=merger)
    if as_json:
        say_json([asdict(part) for part in result])
        return
    table = [(p.accounts, p.domains, p.links, ", ".join(map(defang, p.members))) for p in result]
    grid_or_paragraphs(f"{total} components", ("accounts", "domains", "links", "such as"), table)


@app.command("motifs")
def find_motifs(
    pattern: Annotated[str, typer.Argument(help="Such as '(a)-[]->(d); (b)-[]->(d)'; links go from accounts.")],
    day: Day,
    limit: Limit = 20,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """The matches of a pattern of links. It needs GraphFrames."""
    show("matches", exploration.motifs(edges_of(workspace_of(config), day), pattern), limit, as_json)


def edges_of(workspace: "Workspace", day: date) -> "DataFrame":
    reads.check_ran(workspace, "build_graph", day)
    return reads.rows_of(workspace, "graph_edges", day)


def show(title: str, rows: "DataFrame", limit: int, as_json: bool) -> None:
    result = [row.asDict(recursive=True) for row in rows.limit(limit).collect()]
    if as_json:
        say_json(result)
    elif not result:
        say(f"no {title}")
    else:
        table = [tuple(defang(v) if isinstance(v, str) else v for v in row.values()) for row in result]
        grid_or_paragraphs("", tuple(result[0]), table)
