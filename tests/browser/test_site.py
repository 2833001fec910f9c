"""What the tests of a site stand on: what came of a step is told of that step's own request."""

import pytest

from tests.browser import engines
from tests.browser.engines import Engine, Missed
from tests.browser.site import Balancer, Real, Step
from tests.browser.stage import Said


class Idle(Engine):
    """A browser that asks for nothing."""


@pytest.mark.parametrize("kind", ["link", "fetch", "typed"])
def test_a_step_that_did_not_ask_is_not_told_by_an_answer_from_before(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PAUSE_S", 0)
    balancer = Balancer([])
    step = Step("shop.example.com", kind=kind, of="shop.example.com")
    balancer.answered[step.host, step.path] = "", Said(b'{"user": "ann"}')
    with pytest.raises(Missed, match="/session was not asked for"):
        Real(Idle(), balancer, "s").take(step)
