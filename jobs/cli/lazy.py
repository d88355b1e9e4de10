"""Modules that are loaded when they are first used, so that `winnow --help` answers at once.

To show its help a command line imports every command, and what the commands work with (Spark, TensorFlow,
scikit-learn) takes seconds to load. So each command's module names its heavy imports in one place:

    with lazy_imports():
        from jobs.engine import runner

    def command() -> None:
        runner.run_days(...)  # loaded here

This is the standard library's LazyLoader; type checkers see ordinary imports.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

OURS = ("jobs.", "lib.", "udfs.")  # libraries load whole: many break when their parts are not there at once


class LazyFinder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name.startswith(OURS) else None
        if spec is not None and spec.loader is not None and spec.submodule_search_locations is None:  # not a folder
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def lazy_imports() -> Iterator[None]:
    """Modules that are imported within are loaded on first use.

    Import modules of this project, not their names (`from jobs.engine import runner`): to import a name is to use its
    module.
    """
    finder = LazyFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
