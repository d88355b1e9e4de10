"""Words that the project used before it had a glossary, with the field's word: they must not come back.

`python -m tests.support.former_words` prints each place as file:line. tests/test_architecture.py asserts that it finds
none.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

# In names, strings, comments and pages: a regular expression -> the word of lib/README.md, or of plain English.
WORDS = {
    r"StandAside|(stands?|stood) aside": "SkipJob, skipped",
    r"in_force|in force": "active",
    r"launch(ed|es|ing)?": "promotion; start",
    r"[Vv]erdicts?": "score, detector outputs, gate result, decision",
    r"Lessons?|lessons?": "TrainingData",
    r"DayBook|[Bb]ooks?": "row counts, reconciliation",
    r"tells?": "reports, shows, names",
    r"mend(s|ed|ing)?": "repair",
    r"beside": "next to, compared with",
    r"(one|a) (row|line|file|item|commit) an? (day|domain|account|key|entity|job|source|run)": "one row per",
    r"stands? in\b": "is in",
    r"of before": "earlier",
    r"voices?": "correlation weights",
    r"habits?": "account_counts, usual values",
    r"bent": "piecewise encoding",
    r"dealt": "stratified folds",
    r"StandIn|likeness": "diversity sampling",
    r"readout": "scores",
    r"very (same|bytes|token)": "same",
    r"(?P<word>the|an?|of|is|to|and) (?P=word)": "the word once",
}
# Variables, parameters, functions and files of these names say nothing to whoever did not write them.
NAMES = {
    "here": "workspace, folder",
    "told": "text, message, output, known",
    "found": "matches, result",
    "said": "text, message, output",
    "mine": "own",
    "shown": "incidence, text, rows",
    "held": "lookup, stored",
    "acts": "activity",
    "stands": "is_active, present",
    "company": "co_linkers",
    "audience": "account_counts",
    "taught": "trained",
}
FOLDERS = ("lib", "jobs", "udfs", "schemas", "airflow_dags", "tests", "examples", "bin")
# Still in use somewhere: printed, but no error yet. Whoever removes the last use of a word removes it from this list.
STILL_USED = {
    *(
        "told",
        "said",
        "beside",
        "tell",
        "tells",
        "voices",
        "voice",
        "shown",
        "here",
        "acts",
        "held",
        "found",
        "verdicts",
    ),
    *("verdict", "stands in", "launch", "launched", "habits", "mended", "of before", "dealt"),
}
SKIPPED = ("tests/support/former_words.py", "CHANGELOG.md")


def uses(root: Path) -> Iterator[str]:
    """`file:line: what was found: the word instead`, for each place."""
    paths = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*.*"))]
    for path in [*root.glob("*.md"), *root.glob("*.toml"), *paths]:
        name = path.relative_to(root).as_posix()
        if path.suffix not in (".py", ".md", ".toml") or name in SKIPPED:
            continue
        text = path.read_text(encoding="utf-8")
        yield from (f"{name}:{place}" for place in in_text(text))
        if path.suffix == ".py":
            yield from (f"{name}:{place}" for place in in_names(text, path.stem))


def in_text(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, instead in WORDS.items():
            if match := re.search(rf"(?<![A-Za-z])({pattern})(?![A-Za-z])", line):
                yield f"{number}: {match[0]}: {instead}"


def in_names(text: str, stem: str) -> Iterator[str]:
    if stem in NAMES:
        yield f"1: {stem}: {NAMES[stem]}"
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                pass
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                pass
            case _:
                continue
        if name in NAMES:
            yield f"{node.lineno}: {name}: {NAMES[name]}"


if __name__ == "__main__":
    for place in uses(Path(__file__).parents[2]):
        print(place)
