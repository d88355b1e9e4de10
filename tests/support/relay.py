"""A stand-in for `winnow` that hands its words to this process, where Spark runs already: a start costs ten seconds.

One job is still a process of its own, to see one start as Airflow starts them all.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from multiprocessing.connection import Client, Listener
from pathlib import Path
from threading import Thread

from jobs.cli.console import opened
from jobs.cli.main import app, error_text

PROJECT = Path(__file__).parents[2]
LONGEST = 900  # seconds; a run that takes longer hangs
SCRIPT = """#!{python}
import json, os, sys
from multiprocessing.connection import Client

if sys.argv[2] == {alone!r}:
    os.environ["PYTHONPATH"] = {project!r}
    os.execv({python!r}, [{python!r}, "-m", "jobs.cli.main", *sys.argv[1:]])
with Client({address!r}, "AF_UNIX") as relay:
    relay.send_bytes(json.dumps(sys.argv[1:]).encode())
    output, code = json.loads(relay.recv_bytes())
print(output)
sys.exit(code)
"""


def run_relayed(command: list[str], *, environment: Mapping[str, str], alone: str, log: Path) -> int:
    """Runs `command`, in which WINNOW_EXECUTABLE names the stand-in, until it ends or a command that it relays fails.

    `log` keeps what it says. `alone` is the job that gets its own process.
    """
    with tempfile.TemporaryDirectory() as folder:  # not pytest's: the address of a socket has at most 107 bytes
        address, script = f"{folder}/relay", Path(folder) / "winnow"
        text = SCRIPT.format(python=sys.executable, alone=alone, project=str(PROJECT), address=address)
        script.write_text(text, encoding="utf-8")
        script.chmod(0o700)
        with Listener(address, "AF_UNIX") as listener, log.open("w", encoding="utf-8") as file:
            child = subprocess.Popen(
                command,
                env={**environment, "WINNOW_EXECUTABLE": str(script)},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            opened.clear()  # what `alone` does, this process does not know: it has to come before what is relayed
            Thread(target=hang_up, args=(child, address), daemon=True).start()
            serve(listener, child)
            return child.wait()


def hang_up(child: "subprocess.Popen[bytes]", address: str) -> None:
    """Ends the relay once `child` has ended, which it is made to if it hangs."""
    try:
        child.wait(LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
    Client(address, "AF_UNIX").close()


def serve(listener: Listener, child: "subprocess.Popen[bytes]") -> None:
    """Answers until somebody hangs up. After a failure nothing more is expected: Airflow would wait and try again."""
    while True:
        with listener.accept() as caller:
            try:
                words = json.loads(caller.recv_bytes())
            except EOFError:
                return
            output, code = answer(words)
            caller.send_bytes(json.dumps([output, code]).encode())
        if code:
            os.killpg(child.pid, signal.SIGKILL)  # SIGTERM would end its task alone


def answer(words: list[str]) -> tuple[str, int]:
    """What `winnow` says to `words`, and its exit code."""
    output = StringIO()
    try:
        with redirect_stdout(output):
            app(words, standalone_mode=False)
    except Exception as error:
        return f"{output.getvalue()}{error_text(error)}", 1
    return output.getvalue(), 0


def as_toml(values: Mapping[str, object]) -> str:
    """`values` as a TOML file, one line a section."""
    return "".join(f"{key} = {inline(value)}\n" for key, value in values.items())


def inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {inline(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
