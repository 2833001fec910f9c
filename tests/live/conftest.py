"""Runs on real servers: each is made once, for all tests that ask what came of it."""

from collections.abc import Callable

import pytest

from tests.live.cluster import Cluster, Ran


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Cluster]:
    """Make folders for clusters."""
    return lambda: Cluster(tmp_path_factory.mktemp("cluster"))


@pytest.fixture(scope="session")
def honest(cluster: Callable[[], Cluster]) -> Ran:
    """The storm on servers that keep what they promise."""
    ours = cluster()
    return Ran(ours, ours.scenario, ours.subject())
