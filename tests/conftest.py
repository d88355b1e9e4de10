"""One Spark session a test process, sized for small tables."""

import os
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from lib.config import SparkSettings
from lib.session import build_session
from tests.support.platform import SPARK

pytest_plugins = ["tests.support.lakes"]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
LONGEST = ("test_laws.py", "test_leakage.py", "test_kills.py", "test_schedule_run.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that the processes end at about the same time."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = build_session(SparkSettings.model_validate(SPARK))
    yield session
    session.stop()
