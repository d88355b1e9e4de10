"""One Spark session a test process, sized for small tables."""

import os
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from lib.config import SparkSettings
from lib.session import build_session
from tests.platform import SPARK

pytest_plugins = ["tests.lakes"]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
FIRST, LAST = "test_laws.py", "test_kills.py"  # the longest file, and one that needs the lakes that it builds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in an order in which two processes end at about the same time."""
    items.sort(key=lambda item: (item.path.name != FIRST, item.path.name == LAST))


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = build_session(SparkSettings.model_validate(SPARK))
    yield session
    session.stop()
