"""why: one account or domain explained."""

from typing import Annotated

import typer

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, Day, say, say_json, workspace_of
from jobs.cli.lazy import lazy_imports

with lazy_imports():
    from jobs.engine import reads

Kind = Annotated[str, typer.Argument(help="account or domain")]
Entity = Annotated[str, typer.Argument(help="Account id or domain.", metavar="ID")]


def why(kind: Kind, entity: Entity, day: Day, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """Explains the score and the decision of an account or a domain."""
    if kind not in ("account", "domain"):
        raise typer.BadParameter(f"{kind!r} is neither account nor domain")
    explanation = reads.explain(workspace_of(config), kind=kind, entity_id=entity, day=day)
    if as_json:
        say_json(explanation.as_dict())
    else:
        for line in explanation.lines():
            say(line)
