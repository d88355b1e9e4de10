"""A real Spark cluster on this machine: a master and two workers, each with one core, as processes of their own."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark

from lib.java import ensure_java

WORKERS = 2
# Ends its process group, executors too, once its own input ends: also where the tests are killed.
GUARD = '"$@" < /dev/null & exec > /dev/null 2>&1; read -r _; kill -9 0'
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
    "spark.executorEnv.PYTHONPATH": str(Path(__file__).parents[2]),
    "spark.executorEnv.SPARK_LOCAL_IP": "127.0.0.1",
}


@contextmanager
def standalone(folder: Path) -> Iterator[str]:
    """The master's address. All processes end with the context, executors too; they write below `folder` alone."""
    ensure_java()
    running = [daemon(folder / "master", subprocess.PIPE, "master.Master", "--port", "0")]
    try:
        address = address_told(running[0])
        for number in range(WORKERS):
            own = folder / f"worker{number}"
            options = ("--cores", "1", "--work-dir", str(own))
            running.append(daemon(own, subprocess.DEVNULL, "worker.Worker", *options, address))
        yield address
    finally:
        for process in running:
            process.communicate()


def daemon(folder: Path, log: int, kind: str, *arguments: str) -> "subprocess.Popen[str]":
    """A process group of its own, in `folder`."""
    folder.mkdir(parents=True)
    spark = Path(pyspark.__file__).parent
    command = [str(spark / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}"]
    where = ["--host", "127.0.0.1", "--webui-port", "0"]
    return subprocess.Popen(
        ["sh", "-c", GUARD, "sh", *command, *where, *arguments],
        env=os.environ | DAEMON | {"SPARK_HOME": str(spark)},
        cwd=folder, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip


def address_told(master: "subprocess.Popen[str]") -> str:
    """With the port that it has found."""
    assert master.stdout is not None
    output = []
    for line in master.stdout:
        if result := re.search(r"spark://127\.0\.0\.1:\d+", line):
            return result[0]
        output.append(line)
    raise AssertionError("the master ended: " + "".join(output))
