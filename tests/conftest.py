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


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = build_session(SparkSettings.model_validate(SPARK))
    yield session
    session.stop()
