"""The real browsers that tests are run in."""

from typing import NamedTuple

import pytest

from tests.browser import chromium, firefox
from tests.browser.engines import Launch


class Kind(NamedTuple):
    """A browser by its name."""

    name: str
    launch: Launch


KINDS = (
    Kind("chromium", chromium.with_profile),
    pytest.param(Kind("firefox", firefox.with_profile), marks=pytest.mark.where_installed),
)


@pytest.fixture(scope="module", params=KINDS, ids=["chromium", "firefox"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Give each browser in turn; Firefox is a second one, where it is installed."""
    given: Kind = request.param
    return given
