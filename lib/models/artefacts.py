"""A model version as files: what they hold, how they are read, and their hash. Nothing is ever unpickled."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lib.arrays import Floats
from lib.calibration import Calibration

FORMAT = 3  # of the files; another one cannot be read
NETWORK, PIECES, DESCRIPTION = "members.keras", "pieces.model", "model.json"
FILES = {"domain": (NETWORK, PIECES, DESCRIPTION), "account": (NETWORK, DESCRIPTION)}  # by kind of model


@dataclass(frozen=True)
class Artefact:
    """The files of a version, by name. It is small and made of bytes, so that Spark can ship it to its workers."""

    files: Mapping[str, bytes]

    @cached_property
    def sha256(self) -> str:
        return files_hash(self.files)

    @cached_property
    def description(self) -> dict[str, Any]:
        """model.json: kind, version, trained_on, features, folds, salt, settings, metrics, thresholds, and so on."""
        described = json.loads(self.files[DESCRIPTION])
        assert isinstance(described, dict)
        return described

    @property
    def kind(self) -> str:
        """domain or account."""
        return str(self.description["kind"])

    @property
    def version(self) -> str:
        return str(self.description["version"])

    @cached_property
    def calibration(self) -> Calibration:
        return Calibration(**{name: tuple(values) for name, values in self.description["calibration"].items()})

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


@dataclass(frozen=True)
class Fitted:
    """A version that was just trained."""

    artefact: Artefact
    metrics: Mapping[str, float]
    oof_score: Floats  # of each training row: calibrated, by the member that never saw its fold


def build_artefact(
    network: bytes,
    calibration: Calibration,
    *,
    encoder: Mapping[str, Any],
    about: Mapping[str, Any],
    further: Mapping[str, bytes] | None = None,
) -> Artefact:
    """The files of a version. `about` is all of model.json besides encoder and calibration, with its kind;
    `further` are files that the encoder needs in addition."""
    described = {"format": FORMAT, **about, "calibration": asdict(calibration), "encoder": encoder}
    description = json.dumps(described, indent=1, sort_keys=True).encode()
    return Artefact({NETWORK: reproducible(network), DESCRIPTION: description, **(further or {})})


def read_files(folder: Path, kind: str) -> dict[str, bytes]:
    """Raises FileNotFoundError for any that is missing."""
    return {name: (folder / name).read_bytes() for name in FILES[kind]}


def files_hash(files: Mapping[str, bytes]) -> str:
    each = [f"{name} {hashlib.sha256(files[name]).hexdigest()}" for name in sorted(files)]
    return hashlib.sha256("\n".join(each).encode()).hexdigest()


def reproducible(archive: bytes) -> bytes:
    """A Keras archive without the time of saving and without memory addresses: the same weights give the same bytes."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(result, "w") as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "metadata.json":
                content = json.dumps({"keras_version": json.loads(content)["keras_version"]}).encode()
            if name == "config.json":
                content = numbered(content.decode()).encode()
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return result.getvalue()


def numbered(config: str) -> str:
    """Keras names objects that layers share by their address in memory; here by their order."""
    order: dict[str, int] = {}
    return re.sub(r'("shared_object_id": )(\d+)', lambda m: f"{m[1]}{order.setdefault(m[2], len(order) + 1)}", config)
