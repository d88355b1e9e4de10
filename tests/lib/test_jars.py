"""Which of Delta's jars are kept, where, and whom the JVM that fetches them trusts."""

import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from lib.jars import (
    STORE_PASSWORD,
    JarsMissing,
    artifact,
    delta_jars,
    folder,
    gist,
    graphframes_jars,
    keep,
    lacking,
    resolved,
    trust_options,
)
from lib.java import find_java


def test_jars_that_spark_brings_in_any_version_are_left_out() -> None:
    fetched = [
        Path("io.delta_delta-spark_4.2_2.13-4.4.0.jar"),
        Path("org.apache.parquet_parquet-hadoop-1.16.0.jar"),  # Spark has 1.17.0
        Path("commons-pool_commons-pool2-2.0.jar"),  # Spark has another artifact, commons-pool
    ]
    present = [Path("parquet-hadoop-1.17.0.jar"), Path("commons-pool-1.5.4.jar")]
    assert lacking(fetched, present) == [fetched[0], fetched[2]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("delta-spark_4.2_2.13-4.4.0.jar", "delta-spark_4.2_2.13"),
        ("zstd-jni-1.5.7-3.jar", "zstd-jni"),
        ("log4j-slf4j2-impl-2.25.3.jar", "log4j-slf4j2-impl"),
        ("guava-33.4.0-jre.jar", "guava"),
        ("plain.jar", "plain"),
    ],
)
def test_the_artifact_is_the_name_without_the_version(name: str, expected: str) -> None:
    assert artifact(name) == expected


def test_jars_are_kept_under_both_versions_and_the_first_copy_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    for number, text in enumerate(("first", "second")):
        jar = tmp_path / str(number) / "a-1.jar"
        jar.parent.mkdir()
        jar.write_text(text)
        keep([jar], folder())
    assert delta_jars() == [str(tmp_path / "share" / "winnow" / "delta-4.4.0-spark-4.2.0" / "a-1.jar")]
    assert Path(delta_jars()[0]).read_text() == "first"


def test_jars_of_graphframes_are_those_that_are_named_and_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WINNOW_GRAPHFRAMES_JAR", raising=False)
    assert graphframes_jars() == []
    named = [tmp_path / "a.jar", tmp_path / "b.jar", tmp_path / "c.jar"]
    monkeypatch.setenv("WINNOW_GRAPHFRAMES_JAR", ", ".join(map(str, named)))
    named[1].touch()
    with pytest.raises(JarsMissing, match=r"^WINNOW_GRAPHFRAMES_JAR names no file: .*a\.jar, .*c\.jar$"):
        graphframes_jars()
    named[0].touch()
    named[2].touch()
    assert graphframes_jars() == list(map(str, named))


def test_a_second_certificate_list_is_tried_and_the_last_refusal_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\n[ "$JAVA_TOOL_OPTIONS" = "-Da=b -Dtrust=2" ] && echo file:///x/a%20b.jar,file:///x/c.jar && exit\n'
        'echo "refused: $JAVA_TOOL_OPTIONS" >&2; exit 1\n'
    )
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Da=b")
    assert resolved(["-Dtrust=1", "-Dtrust=2"]) == [Path("/x/a b.jar"), Path("/x/c.jar")]
    with pytest.raises(JarsMissing, match=r"^refused: -Da=b -Dtrust=1$"):
        resolved(["-Dtrust=1"])


def test_the_gist_leaves_out_frames_and_the_traceback() -> None:
    jvm = "Picked up JAVA_TOOL_OPTIONS: -Da=b\nnot found\n\n\tat a.b.C\nException in main\n"
    output = jvm + "Traceback (most recent call last):\n  File x\n"
    assert gist(output) == "not found\nException in main"


def test_java_reads_the_certificates_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keytool = find_java(os.environ).home / "bin" / "keytool"
    bundle = next(
        (path for path in (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile) if path), None
    )
    if bundle is None or not keytool.exists():
        pytest.skip("needs keytool and a list of certificates")
    monkeypatch.setenv("SSL_CERT_FILE", bundle)
    store = tmp_path / "trust.p12"
    assert trust_options(store) == [
        f'-Djavax.net.ssl.trustStore="{store}" -Djavax.net.ssl.trustStorePassword={STORE_PASSWORD}'
    ]
    command = [str(keytool), "-list", "-keystore", str(store), "-storepass", STORE_PASSWORD]
    entries = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert entries.count("trustedCertEntry") == Path(bundle).read_text().count("BEGIN CERTIFICATE") > 0


def test_without_a_list_the_jvm_keeps_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert trust_options(tmp_path / "trust.p12") == []
