"""The real browsers that tests are run in, each before a stage that is every host to it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.browser import chromium, firefox
from tests.browser.differences import Difference
from tests.browser.engines import Engine, Launch
from tests.browser.of_chromium import CHROMIUM
from tests.browser.of_firefox import FIREFOX
from tests.browser.stage import Said, Stage


class Kind(NamedTuple):
    """A browser by its name, and where it does otherwise than the world's browser."""

    name: str
    differences: tuple[Difference, ...]


class Staged(NamedTuple):
    """A browser that was launched, and the stage whose `answer` a test sets."""

    stage: Stage
    engine: Engine


KINDS = (
    Kind("chromium", CHROMIUM),
    pytest.param(Kind("firefox", FIREFOX), marks=pytest.mark.where_installed),
)


@pytest.fixture(scope="module", params=KINDS, ids=["chromium", "firefox"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Give each browser in turn; Firefox is a second one, where it is installed."""
    given: Kind = request.param
    return given


@pytest.fixture(scope="module")
def staged(kind: Kind, request: pytest.FixtureRequest) -> Staged:
    """Give that browser before its stage."""
    given: Staged = request.getfixturevalue(f"staged_{kind.name}")
    return given


@pytest.fixture(scope="module")
def staged_chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """Launch Chromium for one file of tests: no longer, for the sake of Playwright's loop (chromium.py)."""
    folder = tmp_path_factory.mktemp("chromium")
    with Stage(folder, lambda _asked: Said()) as stage, _launched(chromium.with_profile, folder, stage) as engine:
        yield Staged(stage, engine)


@pytest.fixture(scope="session")
def staged_firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """Launch Firefox for all tests, since that takes its time, and see that nothing of it is left in the end."""
    folder = tmp_path_factory.mktemp("firefox")
    with Stage(folder, lambda _asked: Said()) as stage, _launched(firefox.with_profile, folder, stage) as engine:
        yield Staged(stage, engine)
    assert [command for command in _commands() if str(folder) in command] == []


def _launched(launch: Launch, folder: Path, stage: Stage) -> AbstractContextManager[Engine]:
    profile = folder / "profile"
    profile.mkdir()
    return launch(profile, stage.port)


def _commands() -> Iterator[str]:
    """Give the command line of every process of this machine."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield (process / "cmdline").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended meanwhile
            continue
