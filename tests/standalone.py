"""A real Spark cluster on this machine: a master and two workers, each with one core, as processes of their own."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyspark

from lib.java import ensure_java

WORKERS = 2
DAEMON = {
    "SPARK_LOCAL_IP": "127.0.0.1",  # what a web page of theirs binds to
    "SPARK_DAEMON_MEMORY": "128m",
    "SPARK_DAEMON_JAVA_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
}
# Of a session on the cluster: it waits for both workers' executors, so that there are two from the first task on.
OPTIONS = {
    "spark.cores.max": str(WORKERS),
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
    "spark.executor.memory": "512m",
    "spark.executor.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "spark.executorEnv.PYTHONPATH": str(Path(__file__).parent.parent),
    "spark.executorEnv.SPARK_LOCAL_IP": "127.0.0.1",
}


@contextmanager
def standalone(folder: Path) -> Iterator[str]:
    """The master's address. All processes end with the context, executors too; they write below `folder` alone."""
    ensure_java()
    running: list[subprocess.Popen[bytes]] = []
    try:
        running.append(daemon(folder / "master", "master.Master", "--port", "0"))
        address = address_in(folder / "master", running[0])
        for number in range(WORKERS):
            own = folder / f"worker{number}"
            running.append(daemon(own, "worker.Worker", "--cores", "1", "--work-dir", str(own), address))
        yield address
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def daemon(folder: Path, kind: str, *arguments: str) -> "subprocess.Popen[bytes]":
    """A process group of its own, in `folder`, which its log goes to as well."""
    folder.mkdir(parents=True)
    spark = Path(pyspark.__file__).parent
    command = [str(spark / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}"]
    where = ["--host", "127.0.0.1", "--webui-port", "0"]
    environment: Mapping[str, str] = os.environ | DAEMON | {"SPARK_HOME": str(spark)}
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*command, *where, *arguments], env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )


def address_in(folder: Path, master: "subprocess.Popen[bytes]") -> str:
    """Waits until the master has told its log which port it found."""
    while master.poll() is None:
        if found := re.search(r"spark://127\.0\.0\.1:\d+", (folder / "log").read_text()):
            return found[0]
        os.sched_yield()
    raise AssertionError(f"the master ended: {(folder / 'log').read_text()}")
