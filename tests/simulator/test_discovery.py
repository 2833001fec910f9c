"""What nodes find when they ask whom there is, and how it can be wrong."""

import pytest

from simulator.discovery import EMPTY, FAILS, STALE, Discovery
from simulator.host import LookupFailed


@pytest.fixture
def started() -> dict[str, bool]:
    return {"n1": True, "n2": True, "n3": False}


@pytest.fixture
def discovery(started: dict[str, bool]) -> Discovery:
    return Discovery(list(started), lambda name: started[name])


def test_everybody_who_has_started_is_found_but_not_the_asker(discovery: Discovery, started: dict[str, bool]) -> None:
    assert discovery.find("n1") == ("n2",)
    assert discovery.find("n3") == ("n1", "n2")
    started["n3"] = True
    assert discovery.find("n1") == ("n2", "n3")
    assert discovery.spoiled == 0


def test_it_can_fail_know_nobody_or_know_whom_it_knew(discovery: Discovery, started: dict[str, bool]) -> None:
    discovery.go_wrong(FAILS)
    with pytest.raises(LookupFailed):
        discovery.find("n1")
    discovery.go_wrong(EMPTY)
    assert discovery.find("n1") == ()
    discovery.go_wrong(STALE)
    started["n3"] = True
    assert discovery.find("n1") == ("n2",)
    assert discovery.spoiled == 3
    discovery.wrong = None
    assert discovery.find("n1") == ("n2", "n3")
