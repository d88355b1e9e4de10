"""The files of a source, on any file system that Hadoop can read."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lib.config import Source
from lib.session import hadoop_configuration, jvm

GLOB = frozenset("*?[{")
BLOCK = 1 << 20


class SourceError(ValueError):
    """A source cannot be read as [sources.NAME] says; the message names the source, the setting and what to do."""


def located(name: str, source: Source, days: Sequence[date]) -> dict[date | None, list[str]]:
    """The paths of `source` that exist, by landing day; by None for a source without {day}.

    Raises SourceError where nothing exists at all. A day of a range that has nothing is left out.
    """
    wanted: list[date | None] = list(days) if source.daily else [None]
    paths = {day: existing(source, path_on(source, day)) for day in wanted}
    if not any(paths.values()):
        expected = path_on(source, wanted[0]) + (f" (and {len(wanted) - 1} more days)" if len(wanted) > 1 else "")
        raise SourceError(f"source {name}: there is no {expected}; look at sources.{name}.path")
    return {day: of_day for day, of_day in paths.items() if of_day}


def path_on(source: Source, day: date | None) -> str:
    return source.path.replace("{day}", day.isoformat()) if day else source.path


def existing(source: Source, path: str) -> list[str]:
    if source.format == "table":
        return [path] if SparkSession.active().catalog.tableExists(path) else []
    return matches(path)


def matches(path: str) -> list[str]:
    """The files and folders that `path` names, as a literal path or else as a glob, sorted."""
    hadoop = hadoop_path(path)
    system = file_system(hadoop)
    if system.exists(hadoop):
        return [system.makeQualified(hadoop).toString()]
    statuses = system.globStatus(hadoop) if GLOB & set(path) else None
    return sorted(status.getPath().toString() for status in statuses or [])


def files_below(path: str) -> list[Any]:
    """The status of each data file at or below `path`, by path; names with _ or . before them are not data."""
    start = hadoop_path(path)
    return sorted(walk(file_system(start), start), key=lambda status: str(status.getPath().toString()))


def walk(system: Any, path: Any) -> Iterator[Any]:
    for status in system.listStatus(path):
        if status.getPath().getName().startswith(("_", ".")) and not status.getPath().equals(path):
            continue
        if status.isDirectory():
            yield from walk(system, status.getPath())
        else:
            yield status


def first_line(path: str) -> str:
    """Of a text file, compressed or not; without a byte order mark."""
    spark, hadoop = SparkSession.active(), hadoop_path(path)
    java = jvm(spark)
    stream = file_system(hadoop).open(hadoop)
    codec = java.org.apache.hadoop.io.compress.CompressionCodecFactory(
        hadoop_configuration(SparkSession.active())
    ).getCodec(hadoop)
    try:
        bytes_in = codec.createInputStream(stream) if codec else stream
        line = java.java.io.BufferedReader(java.java.io.InputStreamReader(bytes_in, "UTF-8")).readLine()
    finally:
        stream.close()
    return str(line or "").removeprefix("\ufeff")


def file_marks(path: str) -> list[str]:
    """For each file: its path below `path`, its size, and the hash of its bytes, or its time where it is not local."""
    top = hadoop_path(path)
    root = file_system(top).makeQualified(top).toUri().getPath()
    return [mark_of(status, root) for status in files_below(path)]


def mark_of(status: Any, root: str) -> str:
    uri = status.getPath().toUri()
    name = str(uri.getPath()).removeprefix(root) or status.getPath().getName()
    local = (uri.getScheme() or "file") == "file"
    mark = sha256_of(Path(uri.getPath())) if local else str(status.getModificationTime())
    return f"{name}\t{status.getLen()}\t{mark}"


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def hadoop_path(path: str) -> Any:
    return jvm(SparkSession.active()).org.apache.hadoop.fs.Path(path)


def file_system(path: Any) -> Any:
    return path.getFileSystem(hadoop_configuration(SparkSession.active()))
