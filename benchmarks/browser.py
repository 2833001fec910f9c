"""The world's browser: requests a second with 20 cookies, and its share of a run (goals: 100,000 a second, 15 %).

Rates as processor time, between two samples of bare SimPy. The share of a run is found by running the same world
twice in turn, once as it is and once with browsers that only say again what they said before: what they cost less.
"""

import argparse
import io
import time  # noqa: TID251 - a benchmark measures time
from collections import deque
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from _bare import bare_rate

from conformance.planning import plan
from conformance.runner import world_of
from scenarios import Scenario, load
from simulator import users
from simulator.browser import Browser
from simulator.clock import EPOCH_US
from simulator.visits import Visit, visit

SAMPLES = 5
COOKIES, REQUESTS = 20, 100_000
HOSTS = ("shop.example.com", "pay.example.com", "example.com")
PATHS = ("/session", "/session/data/cart", "/login", "/logout")
RENEWED_EVERY = 50
"""Requests to one answer that sets a cookie: as many as users of `subdomain-hop-failover` make."""
SCENARIO = "subdomain-hop-failover"


def filled() -> Browser:
    """Make a browser with 20 cookies of one site: of the domain above, of each host, of other paths, Secure or not."""
    browser = Browser()
    for number in range(COOKIES):
        host = HOSTS[number % len(HOSTS)]
        domain = "; Domain=example.com" if number % 2 else ""
        path = "/" if number % 5 else "/session"
        secure = "; Secure; SameSite=None" if number % 3 else ""
        browser.store(f"name{number}=value{number}; Path={path}{domain}{secure}", visit(f"https://{host}/"), EPOCH_US)
    return browser


def rate() -> float:
    """Return requests a second of processor time, each with what was asked for turned into a visit."""
    browser = filled()
    urls = [f"https://{host}{path}" for host in HOSTS for path in PATHS]
    began = time.process_time()
    for number in range(REQUESTS):
        asked = visit(urls[number % len(urls)])
        browser.header(asked, EPOCH_US + number)
        if number % RENEWED_EVERY == 0:
            browser.store("name1=value; Path=/; Domain=example.com", asked, EPOCH_US + number)
    return REQUESTS / (time.process_time() - began)


class Said:
    """What browsers of a run said, one after the other; told first, and then only said again."""

    def __init__(self) -> None:
        self.headers: list[deque[str | None]] = []

    def telling(self) -> Callable[[], Browser]:
        """Make browsers that write down what they say."""
        said = self

        class Telling(Browser):
            def __init__(self) -> None:
                super().__init__()
                self.headers_said: deque[str | None] = deque()
                said.headers.append(self.headers_said)

            def header(self, visit: Visit, wall: int) -> str | None:
                header = super().header(visit, wall)
                self.headers_said.append(header)
                return header

        return Telling

    def again(self) -> Callable[[], Any]:
        """Make browsers that say it again, and keep nothing."""
        headers = iter([deque(one) for one in self.headers])

        class Again:
            def __init__(self) -> None:
                self.left = next(headers)

            def header(self, _visit: Visit, _wall: int) -> str | None:
                return self.left.popleft()

            def store(self, _text: str, _visit: Visit, _wall: int) -> None:
                return None

        return Again


def run(scenario: Scenario, browser: Callable[[], Any]) -> tuple[float, str]:
    """Run a world whose users have such browsers; processor time in seconds, and the digest of what happened."""
    made, users.Browser = users.Browser, browser
    try:
        world = world_of(plan(scenario, seed=1))
        began = time.process_time()
        outcome = world.run(io.BytesIO(), None)
        return time.process_time() - began, outcome.digest
    finally:
        users.Browser = made


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    samples = parser.parse_args(arguments).samples
    bare, rates = [bare_rate(clock=time.process_time)], []
    for _ in range(samples):
        rates.append(rate())
        bare.append(bare_rate(clock=time.process_time))
    ratios = sorted(2 * one / (bare[number] + bare[number + 1]) for number, one in enumerate(rates))
    print(f"browser, {COOKIES} cookies: {median(rates):,.0f} requests a second (goal 100,000)")
    print(f"  {median(ratios):.2f} of bare SimPy, samples {' '.join(f'{ratio:.2f}' for ratio in ratios)}")
    scenario = load(SCENARIO)
    said = Said()
    _, digest = run(scenario, said.telling())
    shares = []
    for _ in range(samples):
        whole, whole_digest = run(scenario, Browser)
        rest, rest_digest = run(scenario, said.again())
        if not whole_digest == rest_digest == digest:
            raise SystemExit("browsers that say the same again gave another run")
        shares.append(1 - rest / whole)
    print(f"browsers in {SCENARIO}: {median(shares):.1%} of a run (goal at most 15 %)")
    print(f"  samples {' '.join(f'{share:.1%}' for share in sorted(shares))}")


if __name__ == "__main__":
    main()
