"""clusters: accounts that act as one."""

from typing import Annotated

import typer

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, Day, grid_or_paragraphs, say, say_json, workspace_of
from jobs.cli.lazy import lazy_imports
from lib.text.sanitize import defang
from lib.wording.cluster_wording import cluster_sentences, same

with lazy_imports():
    from jobs.engine import reads

app = typer.Typer(help="Accounts that share rare pairs of values.", no_args_is_help=True)
ClusterId = Annotated[str, typer.Argument(help="As `winnow clusters list` shows it.", metavar="ID")]
Emerging = Annotated[bool, typer.Option("--emerging", help="Only what is new or growing, and unknown to the models.")]
MEMBERS = 20  # of a cluster, on the terminal; --json gives all


@app.command("list")
def list_clusters(
    day: Day, emerging: Emerging = False, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH
) -> None:
    """The day's clusters, likeliest spam first; then those that have ended."""
    rows = [row for row in reads.clusters(workspace_of(config), day) if row["emerging"] or not emerging]
    if as_json:
        say_json(rows)
        return
    if not rows:
        say(f"no {'emerging ' if emerging else ''}clusters on {day}")
        return
    columns = ("cluster_id", "state", "since", "accounts", "score", "synchrony", "lift")
    table = [
        (*(row[c] for c in columns), "yes" if row["emerging"] else "", defang(same(row["shared"]))) for row in rows
    ]
    grid_or_paragraphs(f"Clusters of {day}", (*columns, "emerging", "in common"), table)


@app.command("show")
def show_cluster(cluster_id: ClusterId, day: Day, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """One cluster: what holds it together, its members, its rule, and the pairs of values that return its members."""
    workspace = workspace_of(config)
    row, members = reads.cluster_members(workspace, cluster_id, day)
    if as_json:
        say_json({**row, "members": members})
        return
    say(f"cluster {row['cluster_id']}, {row['state']}, since {row['since']}")
    for sentence in cluster_sentences(row):
        say(f"  {defang(sentence)}")
    if row["state"] == "ended":
        return
    quality = f"precision {row['rule_precision']:.2f} and recall {row['rule_recall']:.2f}"
    say(f"score {row['score']:.3f}; a rule of {quality} (--json gives it as it runs):")
    say(f"  {defang(row['rule'])}")
    values, pairs = ([tuple(map(harmless, each.values())) for each in row[name]] for name in ("shared", "keys"))
    grid_or_paragraphs("In common", ("attribute", "value", "members"), values)
    both = ("attribute", "value", "and", "value", "members")
    grid_or_paragraphs("Who has both values of one of these is a member", both, pairs)
    first = [(harmless(m["account_id"]), m["score"]) for m in members[:MEMBERS]]
    grid_or_paragraphs("Members", ("account", "score"), first)
    if len(members) > MEMBERS:
        say(f"the first {MEMBERS} of {len(members)} members; --json gives all")


def harmless(value: object) -> object:
    return defang(value) if isinstance(value, str) else value
