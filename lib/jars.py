"""The jars that a session is given in addition to Spark's own: Delta's, and those of GraphFrames where they are named.

`python -m lib.jars` (part of `make setup`) fetches Delta's once and keeps them next to the Python packages. A session
is then given their paths, as resolving them again at each start costs 2.5 of its 7 seconds.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlparse

import pyspark
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore
from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

from lib.java import JavaMissing, ensure_java

CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
GRAPHFRAMES = "WINNOW_GRAPHFRAMES_JAR"
STORE_PASSWORD = "changeit"  # noqa: S105 - Java's own, of stores that hold no secret


class JarsMissing(RuntimeError):
    """Delta's jars could not be fetched, or a named one is not there; the message says what to do."""


def delta_jars() -> list[str]:
    """Paths of the jars that Delta needs in addition to Spark's own; empty where they have not been fetched."""
    return sorted(str(jar) for jar in folder().glob("*.jar"))


def graphframes_jars() -> list[str]:
    """Those that WINNOW_GRAPHFRAMES_JAR names, with commas between. Raises JarsMissing where one is not there."""
    jars = [name.strip() for name in os.environ.get(GRAPHFRAMES, "").split(",") if name.strip()]
    if missing := [jar for jar in jars if not Path(jar).is_file()]:
        raise JarsMissing(f"{GRAPHFRAMES} names no file: {', '.join(missing)}")
    return [str(Path(jar).absolute()) for jar in jars]


def folder() -> Path:
    """Named by both versions, so that another version of either fetches anew."""
    return Path(sys.prefix, "share", "winnow", f"delta-{version('delta-spark')}-spark-{version('pyspark')}")


def fetch() -> None:
    """Fetch the jars unless they are there. Raises JarsMissing."""
    if not delta_jars():
        with tempfile.TemporaryDirectory() as scratch:
            jars = resolved(trust_options(Path(scratch, "trust.p12")))
        keep(lacking(jars, spark_jars()), folder())


def resolved(trusts: Iterable[str]) -> list[Path]:
    """Delta's jars with all that they depend on, as Spark itself resolves them.

    The JVM goes by its own certificates first, then by each of `trusts`. Raises JarsMissing.
    """
    output = ""
    for trust in ("", *trusts):
        tool_options = f"{os.environ.get('JAVA_TOOL_OPTIONS', '')} {trust}".strip()
        command = [sys.executable, "-c", "from lib.jars import resolve; resolve()"]
        run = subprocess.run(  # noqa: S603
            command, env=os.environ | {"JAVA_TOOL_OPTIONS": tool_options}, capture_output=True, text=True, check=False
        )
        if not run.returncode:
            addresses = run.stdout.strip().splitlines()[-1].split(",")
            return [Path(unquote(urlparse(address).path)) for address in addresses]
        output = run.stdout + run.stderr
    raise JarsMissing(gist(output))


def gist(output: str) -> str:
    """The last lines that a JVM printed, without stack frames and Python's account of the same."""
    lines = output.partition("Traceback (most recent call last)")[0].splitlines()
    noise = ("\tat ", "Picked up JAVA_TOOL_OPTIONS")
    return "\n".join([line for line in lines if line.strip() and not line.startswith(noise)][-20:])


def trust_options(store: Path) -> list[str]:
    """How a JVM is made to trust what this machine trusts, where SSL_CERT_FILE says what that is.

    A Java from a wheel brings its own certificates, and knows none that a company's network adds. (keytool takes one
    certificate a call, half a second each.)
    """
    bundle = Path(os.environ.get("SSL_CERT_FILE", ""))
    if not bundle.is_file():
        return []
    entries = [PKCS12Certificate(certificate, b"ca%d" % n) for n, certificate in enumerate(certificates(bundle))]
    store.write_bytes(serialize_java_truststore(entries, BestAvailableEncryption(STORE_PASSWORD.encode())))
    return [f'-Djavax.net.ssl.trustStore="{store}" -Djavax.net.ssl.trustStorePassword={STORE_PASSWORD}']


def certificates(bundle: Path) -> Iterator[x509.Certificate]:
    """Those of a PEM file that can be read: one with a bad serial number spoils itself alone."""
    for block in CERTIFICATE.findall(bundle.read_bytes()):
        with suppress(ValueError), warnings.catch_warnings(action="ignore"):
            yield x509.load_pem_x509_certificate(block)


def resolve() -> None:
    """Start a session with Delta, which fetches its jars into Ivy's cache; the last line printed is their addresses."""
    builder = SparkSession.Builder().master("local[1]").config("spark.ui.enabled", "false")
    session = configure_spark_with_delta_pip(builder.config("spark.driver.host", "127.0.0.1")).getOrCreate()
    print(session.conf.get("spark.jars"))


def spark_jars() -> list[Path]:
    return list(Path(pyspark.__file__).with_name("jars").glob("*.jar"))


def lacking(jars: Iterable[Path], present: Iterable[Path]) -> list[Path]:
    """Those of `jars` of which `present` has no version: Spark's own copy of a class always wins."""
    artifacts = {artifact(jar.name) for jar in present}
    return [jar for jar in jars if artifact(jar.name.partition("_")[2]) not in artifacts]


def artifact(name: str) -> str:
    """`delta-storage` of delta-storage-4.4.0.jar."""
    return re.sub(r"-\d[^-].*\.jar$|\.jar$", "", name)


def keep(jars: Iterable[Path], target: Path) -> None:
    """Copy `jars` to `target`, which appears whole or not at all; whoever comes second leaves the first one's."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        filling = Path(scratch, "jars")
        filling.mkdir()
        for jar in jars:
            shutil.copy(jar, filling)
        try:
            filling.replace(target)
        except OSError:
            if not delta_jars():
                raise


def main() -> None:
    try:
        ensure_java()
        fetch()
    except JavaMissing as missing:
        sys.exit(str(missing))
    except JarsMissing as missing:
        sys.exit(
            "Delta's jars could not be fetched from Maven Central. Behind a proxy, name it in JAVA_TOOL_OPTIONS\n"
            "(-Dhttps.proxyHost=... -Dhttps.proxyPort=...); behind a mirror, let DEFAULT_ARTIFACT_REPOSITORY name\n"
            "that; where the network has certificates of its own, let SSL_CERT_FILE name them. Then run\n"
            "`make setup` again.\n"
            f"Spark said:\n{missing}"
        )


if __name__ == "__main__":
    main()
