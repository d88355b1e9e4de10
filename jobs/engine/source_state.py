"""What ingest read of each source on each day: enough to find out later whether that has changed."""

from collections.abc import Mapping, Sequence
from datetime import date

from lib.config import Config, Source
from lib.sources.fingerprint import day_hashes, fingerprint

FILES, ROWS = "source_files:", "source_rows:"  # of keys in runs.input_hashes


def resolved_sources(config: Config) -> dict[str, Source]:
    """The sources with paths from the folder of winnow.toml."""
    return {
        name: source if source.format == "table" else source.model_copy(update={"path": config.resolve(source.path)})
        for name, source in config.sources.items()
    }


def recorded_sources(config: Config, days: Sequence[date]) -> dict[date, dict[str, str]]:
    """For each day and source: the fingerprint of its files, and, where one file holds many days, of the day's rows."""
    recorded: dict[date, dict[str, str]] = {day: {} for day in days}
    for name, source in resolved_sources(config).items():
        if source.daily:
            for day in days:
                recorded[day][FILES + name] = fingerprint(source, day)
        else:
            files, rows = fingerprint(source, None), day_hashes(name, source, list(days), config)
            for day in days:
                recorded[day] |= {FILES + name: files, ROWS + name: rows.get(day, "")}
    return recorded


def changed_sources(config: Config, recorded: Mapping[date, Mapping[str, str]]) -> dict[date, list[str]]:
    """The sources whose rows of a day are other than `recorded`. Rows are read only where the files changed."""
    changed: dict[date, list[str]] = {}
    for name, source in resolved_sources(config).items():
        suspects = [day for day, was in recorded.items() if was.get(FILES + name) != current(source, day)]
        if not source.daily and suspects:
            now = day_hashes(name, source, suspects, config)
            suspects = [day for day in suspects if recorded[day].get(ROWS + name) != now.get(day, "")]
        for day in suspects:
            changed.setdefault(day, []).append(name)
    return changed


def current(source: Source, day: date) -> str:
    return fingerprint(source, day if source.daily else None)
