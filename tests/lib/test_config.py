"""Where settings come from, and how mistakes in them are reported."""

from pathlib import Path

import pytest

from lib.config import ConfigError, load_config


def written(folder: Path, text: str) -> Path:
    path = folder / "winnow.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_environment_goes_before_secrets_and_these_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "[tracking]\nuri = 'file'\nexperiment = 'file'\n[queue]\nsentences = 2")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "tracking__uri").write_text("https://name:secret@tracking.example\n", encoding="utf-8")
    (secrets / "tracking__experiment").write_text("secret", encoding="utf-8")
    monkeypatch.setenv("WINNOW_SECRETS", str(secrets))
    monkeypatch.setenv("WINNOW_TRACKING__EXPERIMENT", "environment")
    monkeypatch.setenv("WINNOW_QUEUE__MINUTES_PER_DAY", "12.5")
    config = load_config(path)
    assert (config.tracking.uri, config.tracking.experiment) == ("https://name:secret@tracking.example", "environment")
    assert (config.queue.minutes_per_day, config.queue.sentences) == (12.5, 2)


def test_all_mistakes_are_reported_at_once_each_by_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_QUEU__SENTENCES", "2")
    monkeypatch.setenv("WINNOW_QUEUE__SENTENCES", "few")
    path = written(
        tmp_path,
        "[launch]\nmin_auc = 0.8\n[graph]\nwindow_days = 7\ndampening = 0.5\n[sources.a]\ntable = 'interactions'\n"
        "[policy]\nact = {score = 0.9, precision = 0.9}",
    )
    with pytest.raises(ConfigError) as error:
        load_config(path)
    first, *mistakes = str(error.value).splitlines()
    assert first == f"{path} has 7 mistake(s):"
    assert {mistake.strip() for mistake in mistakes} == {
        "WINNOW_QUEU__SENTENCES: no such section",
        "WINNOW_QUEUE__SENTENCES: Input should be a valid integer, unable to parse string as an integer",
        "graph.dampening: no such setting",
        "graph.window_days: declared in jobs/manifest.py; half_life_days sets how fast links fade",
        "launch: this section is called [promotion] now",
        "policy.act: give either score or precision (found {'score': 0.9, 'precision': 0.9})",
        "sources.a.format: Field required",
    }


def test_a_file_that_is_not_there_or_no_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not there: `winnow init` writes one"):
        load_config(tmp_path / "winnow.toml")
    with pytest.raises(ConfigError, match=r"is not TOML: Expected"):
        load_config(written(tmp_path, "[queue"))


def test_a_job_is_judged_by_its_own_sections(tmp_path: Path) -> None:
    one = load_config(written(tmp_path, "[queue]\nsentences = 2\n[policy]\nexpire_days = 3"))
    same = load_config(written(tmp_path, "[policy]\nexpire_days = 3\n[queue]\nsentences = 2\nopen_days = 28"))
    other = load_config(written(tmp_path, "[queue]\nsentences = 4\n[policy]\nexpire_days = 3"))
    assert one.hash_of(["queue", "policy"]) == same.hash_of(["policy", "queue"])
    assert one.hash_of(["queue"]) != other.hash_of(["queue"])
    assert one.hash_of(["policy"]) == other.hash_of(["policy"])
