"""Drawn lines and URLs through real browsers and the world's: they differ as it is written, and no more."""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from conformance.cookie_cases import Context
from tests.browser.comparing import Outcome, by_engine, by_the_world, smallest
from tests.browser.conftest import Kind, Staged
from tests.browser.differences import HOPS_COUNT, SCHEME_COUNTS_NOT, UNSET_HAS_GRACE
from tests.browser.drawn import FETCH, STRANGER, TOP, Asked, Drawn, cases
from tests.browser.player import Player
from tests.browser.test_cases import WHOLE

SEED = "ANYNODE_BROWSER_SEED"
"""Which cases are drawn with `ANYNODE_BROWSER_WHOLE=1`; another each time when it is not set."""
SHORT, LONG = {"chromium": 25, "firefox": 8}, 600
"""To Firefox each request is one by itself: a redirect would count (section 8)."""
AT_ONCE = 25
SHOWN = 3


@pytest.fixture
def browser(staged: Staged) -> Player:
    return Player(staged.stage, staged.engine)


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


def told(case: Drawn, kind: Kind, browser: Player) -> str:
    """Make an unnamed difference small, and tell it."""

    def outcomes(one: Drawn) -> tuple[Outcome, Outcome]:
        return by_engine(browser, [one])[0], by_the_world(one.requests(0), kind.differences)

    def differs(one: Drawn) -> bool:
        real, world = outcomes(one)
        return not real.same(world)

    case = smallest(case, differs)
    real, world = outcomes(case)
    asked = "\n".join(f"  {one.context.kind} {one.url} {list(one.lines)}" for one in (*case.sets, *case.reads))
    return f"ROOT is {case.root}\n{asked}\n{kind.name}: {real}\nthe world's browser: {world}"


def compared(found: list[Drawn], kind: Kind, browser: Player) -> tuple[list[Drawn], set[str]]:
    """Compare cases: those that differ beyond what has a name, and the names of the differences that were met."""
    named, unnamed, met = kind.differences, [], set()
    for first in range(0, len(found), AT_ONCE):
        batch = found[first : first + AT_ONCE]
        for number, (case, outcome) in enumerate(zip(batch, by_engine(browser, batch), strict=True)):
            requests = case.requests(number)
            if not by_the_world(requests, named).same(outcome):
                unnamed.append(case)
            elif not by_the_world(requests).same(outcome):
                without = ((one, tuple(other for other in named if other is not one)) for one in named)
                met |= {one.name for one, others in without if not by_the_world(requests, others).same(outcome)}
    return unnamed, met


def test_what_a_browser_does_otherwise_is_written_down_and_nothing_else_is(kind: Kind, browser: Player) -> None:
    whole = os.environ.get(WHOLE) == "1"
    number = int(os.environ.get(SEED, int.from_bytes(os.urandom(3)))) if whole else 1
    unnamed, met = compared(drawn(LONG, number) if whole else drawn(AT_ONCE, number)[: SHORT[kind.name]], kind, browser)
    again = f"again: {WHOLE}=1 {SEED}={number} pytest tests/browser/test_differential.py -k {kind.name}"
    assert not unnamed, "\n".join([*(told(case, kind, browser) for case in unnamed[:SHOWN]), again])
    if whole:
        assert {one.name for one in kind.differences if one not in NOT_DRAWN} - met == set(), f"never met; {again}"


def test_each_difference_is_one(kind: Kind, browser: Player) -> None:
    """The browser does otherwise in cases made for it, and as the world's browser does with that difference alone."""
    made = [MADE[one.name] for one in kind.differences]
    for number, (difference, outcome) in enumerate(zip(kind.differences, by_engine(browser, made), strict=True)):
        requests = made[number].requests(number)
        assert not by_the_world(requests).same(outcome), difference.name
        assert by_the_world(requests, (difference,)).same(outcome), difference.name


NOT_DRAWN = (UNSET_HAS_GRACE, SCHEME_COUNTS_NOT, HOPS_COUNT)
URL = "https://xn--bcher-kva.ROOT/"


def _made(*lines: str, read: Context = TOP) -> Drawn:
    """Make a case; where a line says nothing of SameSite, browsers differ in that (COOK-31)."""
    return Drawn(
        "{}.test",
        (Asked(URL, tuple(line if "SameSite" in line else f"{line}; SameSite=Lax" for line in lines)),),
        (Asked(URL, context=read),),
    )


MADE = {
    "a tab inside of a cookie": _made("a=1\t2"),
    "no name, and '=' in the value": _made("=a=1"),
    "a Max-Age with a plus, or beyond 64 bits": _made("a=1; Max-Age=+3600", "b=1; Max-Age=-99999999999999999999x"),
    "a date or an age that cannot be read after one that can": _made(
        "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=soon"
    ),
    "a date's token that goes on after its digits": _made("a=1; Expires=Thu, 01 Jan 1970 00:00:00pm"),
    "a time with leading zeros, a year of one digit or five": _made("a=1; Expires=Thu, 01 Jan 1970 000:00:00 GMT"),
    "a year before 1601": _made("a=1; Expires=Thu, 01 Jan 1600 00:00:00 GMT"),
    "a domain in UTF-8": _made("a=1; Domain=b\xc3\xbccher.ROOT"),
    "a cookie with another value goes to the end": _made("a=1", "b=1", "a=2"),
    "no name, or nothing but a name": _made("a", "=b", "c=1"),
    "'__Host-' with the path of a page at the root": _made("__Host-a=1; Secure", "__Host-b=1; Secure; Path="),
    "octets of a value that are not UTF-8": _made("a\xe9=\xe9"),
    "dates that NSPR reads": _made("a=1; Expires=1 Jan 2000", "b=1; Expires=Thu. 01 Jan.1970 00:00:00"),
    "a Max-Age that begins with a minus, or beyond 64 bits": _made(
        "a=1; Max-Age=- 1", "b=1; Max-Age=99999999999999999999x"
    ),
    "without SameSite it goes along with another site's form for two minutes": Drawn(
        "{}.test", (Asked(URL, ("a=1", "b=1; SameSite=Lax")),), (Asked(URL, context=Context("form-post", STRANGER)),)
    ),
    "without SameSite it goes everywhere": Drawn("{}.test", (Asked(URL, ("a=1",)),), (Asked(URL, context=FETCH),)),
    "http and https of one host are one site": _made("a=1; SameSite=Strict", read=Context("link", "http://ROOT/")),
    "what a request was redirected through counts": _made(
        "a=1; SameSite=Strict", read=Context("link", "https://ROOT/", (STRANGER,))
    ),
}


def test_a_difference_without_a_name_is_found_and_made_small(kind: Kind, browser: Player) -> None:
    """As if nobody had written down the first of them."""
    forgetful = kind._replace(differences=kind.differences[1:])
    odd = "a=1\t2" if kind.name == "chromium" else "a"
    lines = ("b=1; Path=/", f"{odd}; Path=/; Secure", "c=1; Max-Age=60")
    case = Drawn("{}.test", (Asked("https://ROOT/", lines),), (Asked("https://ROOT/"), Asked("http://ROOT/app")))
    assert compared([case], forgetful, browser) == ([case], set())
    assert f"typed https://ROOT/ [{odd!r}]\n{kind.name}: " in told(case, forgetful, browser)
