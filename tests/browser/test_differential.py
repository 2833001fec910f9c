"""Drawn lines and URLs through a real Chromium and the world's browser: they differ as it is written, and no more."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.browser.chromium import with_profile
from tests.browser.comparing import by_chromium, by_the_world, smallest
from tests.browser.differences import ALL, Difference
from tests.browser.drawn import Asked, Drawn, cases
from tests.browser.player import Player, player
from tests.browser.test_cases import WHOLE

SEED = "ANYNODE_BROWSER_SEED"
"""Which cases are drawn with `ANYNODE_BROWSER_WHOLE=1`; another each time when it is not set."""
SHORT, LONG = 25, 600
AT_ONCE = 25
SHOWN = 3


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    with player(tmp_path_factory.mktemp("differential"), with_profile) as launched:
        yield launched


def drawn(count: int, number: int) -> list[Drawn]:
    """Draw so many cases; a number stands for the same ones each time."""
    return [case for part in range(count // AT_ONCE) for case in _part(f"{number}.{part}")]


def _part(number: str) -> list[Drawn]:
    """Draw some at a time: the longer Hypothesis draws, the more it draws what it has drawn before."""
    found: list[Drawn] = []

    @seed(number)
    @settings(
        max_examples=AT_ONCE,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def collect(case: Drawn) -> None:
        found.append(case)

    collect()
    return found


def differs(case: Drawn, player: Player) -> bool:
    """Say whether Chromium does otherwise than the world's browser with all differences that have a name."""
    return not by_chromium(player, [case])[0].same(by_the_world(case.requests(0), ALL))


def told(case: Drawn, player: Player) -> str:
    """Make an unnamed difference small, and tell it."""
    case = smallest(case, lambda one: differs(one, player))
    chromium, world = by_chromium(player, [case])[0], by_the_world(case.requests(0), ALL)
    asked = "\n".join(f"  {one.context.kind} {one.url} {list(one.lines)}" for one in (*case.sets, *case.reads))
    return f"ROOT is {case.root}\n{asked}\nChromium: {chromium}\nthe world's browser: {world}"


def compared(found: list[Drawn], player: Player) -> tuple[list[Drawn], set[str]]:
    """Compare cases: those that differ beyond what has a name, and the names of the differences that were met."""
    unnamed, met = [], set()
    for first in range(0, len(found), AT_ONCE):
        batch = found[first : first + AT_ONCE]
        for number, (case, outcome) in enumerate(zip(batch, by_chromium(player, batch), strict=True)):
            requests = case.requests(number)
            if not by_the_world(requests, ALL).same(outcome):
                unnamed.append(case)
            elif not by_the_world(requests).same(outcome):
                met |= {one.name for one in ALL if not by_the_world(requests, _without(one)).same(outcome)}
    return unnamed, met


def _without(difference: Difference) -> tuple[Difference, ...]:
    return tuple(one for one in ALL if one is not difference)


def test_what_chromium_does_otherwise_is_written_down_and_nothing_else_is(chromium: Player) -> None:
    whole = os.environ.get(WHOLE) == "1"
    number = int(os.environ.get(SEED, int.from_bytes(os.urandom(3)))) if whole else 1
    unnamed, met = compared(drawn(LONG if whole else SHORT, number), chromium)
    again = f"again: {WHOLE}=1 {SEED}={number} pytest tests/browser/test_differential.py"
    assert not unnamed, "\n".join([*(told(case, chromium) for case in unnamed[:SHOWN]), again])
    if whole:
        assert {one.name for one in ALL} - met == set(), f"never met; {again}"


def test_each_difference_is_one(chromium: Player) -> None:
    """Chromium does otherwise with lines made for it, and as the world's browser does with that difference alone."""
    url = "https://xn--bcher-kva.ROOT/"
    made = [Drawn("{}.test", (Asked(url, MADE[one.name]),), (Asked(url),)) for one in ALL]
    for number, (difference, outcome) in enumerate(zip(ALL, by_chromium(chromium, made), strict=True)):
        requests = made[number].requests(number)
        assert not by_the_world(requests).same(outcome), difference.name
        assert by_the_world(requests, (difference,)).same(outcome), difference.name


MADE = {
    "a tab inside of a cookie": ("a=1\t2",),
    "no name, and '=' in the value": ("=a=1",),
    "a Max-Age with a plus, or beyond 64 bits": ("a=1; Max-Age=+3600", "b=1; Max-Age=-99999999999999999999x"),
    "a date or an age that cannot be read after one that can": (
        "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=soon",
    ),
    "a date's token that goes on after its digits": ("a=1; Expires=Thu, 01 Jan 1970 00:00:00pm",),
    "a time with leading zeros, a year of one digit or five": ("a=1; Expires=Thu, 01 Jan 1970 000:00:00 GMT",),
    "a year before 1601": ("a=1; Expires=Thu, 01 Jan 1600 00:00:00 GMT",),
    "a domain in UTF-8": ("a=1; Domain=b\xc3\xbccher.ROOT",),
    "a cookie with another value goes to the end": ("a=1", "b=1", "a=2"),
}


def test_a_difference_without_a_name_is_found_and_made_small(chromium: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nobody had written down what Chromium does with a tab."""
    monkeypatch.setitem(globals(), "ALL", ALL[1:])
    lines = ("b=1; Path=/", "a=1\t2; Path=/; Secure", "c=1; Max-Age=60")
    case = Drawn("{}.test", (Asked("https://ROOT/", lines),), (Asked("https://ROOT/"), Asked("http://ROOT/app")))
    assert compared([case], chromium) == ([case], set())
    assert "typed https://ROOT/ ['a=1\\t2']\nChromium" in told(case, chromium)
