"""The certificates that this machine trusts, for a JVM that brings its own.

A Java from a wheel knows none that a company's network adds, so it could fetch nothing there.
"""

import hashlib
import os
import re
import ssl
import struct
from collections.abc import Iterable
from pathlib import Path


def trust_options(store: Path) -> list[str]:
    """How a JVM is told to trust what this machine trusts, where SSL_CERT_FILE says what that is."""
    bundle = Path(os.environ.get("SSL_CERT_FILE", ""))
    if not bundle.is_file():
        return []
    store.write_bytes(key_store(certificates(bundle.read_text(errors="replace"))))
    return [f'-Djavax.net.ssl.trustStore="{store}"']


def certificates(bundle: str) -> list[bytes]:
    """The certificates of a PEM file, in DER."""
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", bundle, re.DOTALL)
    return [ssl.PEM_cert_to_DER_cert(block) for block in blocks]


def key_store(trusted: Iterable[bytes]) -> bytes:
    """Certificates as a Java key store (format JKS, version 2; the usual password "changeit")."""
    entries = [
        struct.pack(">I", 2)
        + string(f"ca{n}")
        + struct.pack(">q", 0)
        + string("X.509")
        + struct.pack(">I", len(der))
        + der
        for n, der in enumerate(trusted)
    ]
    store = struct.pack(">III", 0xFEEDFEED, 2, len(entries)) + b"".join(entries)
    seal = hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + store, usedforsecurity=False)
    return store + seal.digest()


def string(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()
