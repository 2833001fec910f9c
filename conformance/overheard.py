"""What a subject says about its cookie: people log in, log in anew and log out on two nodes, and each line is kept.

Asked in simulated time, without faults; what is wrong with a line is `conformance.cookie_lint`'s to say. Judges
nothing.
"""

import math
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from conformance.cookie_lint import Told, granted, look_at, own_part
from conformance.pair import HOST, NODES, SCENARIO, Pair, set_cookies
from conformance.subjects.subject import Subject
from reference.config import read_mapping
from reference.effects import Respond
from scenarios import configuration, load
from simulator.clock import EPOCH_US
from simulator.visits import visit

CREATION, RENEWAL, REMOVAL = "creation", "renewal", "removal"
USER, OTHER = "annabel", "benjamin"
ROUNDS = 12
"""So many people log in on each node; of fewer ids more positions look fixed that are not."""
CONFIG = "config"
"""The feature of subjects that honour the scenario's configuration (protocol, part 2)."""


class Said(Struct, frozen=True):
    """The `Set-Cookie` lines of one answer, and what browsers make of them.

    `asked` holds the lines that gave the cookie with which was asked.
    """

    node: str
    at: str
    lines: tuple[str, ...]
    told: tuple[Told, ...]
    status: int
    asked: tuple[str, ...] = ()


class Shown(Struct, frozen=True):
    """What a page answers to a cookie: its status and what stands there."""

    status: int
    body: Any


class Unfit(Struct, frozen=True):
    """Answers to cookies that are old, planted or not there.

    Attributes:
        without: the status of a page that is asked for without the cookie that has just been set.
        old: the answer to the cookie from before a renewal, once that is answered.
        either_way: the answers to a living cookie behind one that nobody knows, and before it.
        planted, given_for_planted: an id that nobody gave, and what a login that brought it was given.
    """

    without: int
    old: Shown | None
    either_way: tuple[Shown | None, Shown | None]
    planted: str
    given_for_planted: str


class Living(Struct, frozen=True):
    """Answers to two cookies that live, of two users.

    Attributes:
        together: to both of them, in either order.
        alone: to each by itself, afterwards.
    """

    together: tuple[Shown | None, Shown | None]
    alone: tuple[Shown | None, Shown | None]


class Overheard(Struct, frozen=True):
    """Everything that a subject said under one configuration.

    What was to be asked with a cookie of the session that was never given was not asked: its answer is None.

    Attributes:
        features: those that count.
        name: what the cookie is called, as configured or by the subject's own name for it.
        domain: as configured, without its leading dot.
        said: all answers, node by node, in order.
        unfit: what it answers to cookies that do not fit.
        living: what it answers to more cookies than fit.
    """

    features: list[str]
    name: str
    domain: str
    said: tuple[Said, ...]
    unfit: Unfit
    living: Living

    def values(self) -> list[str]:
        """Give every id that was given."""
        return [value for one in self.said if one.at != REMOVAL for value in granted(one.lines, self.name, EPOCH_US)]

    def faults(self, rule: str) -> list[str]:
        """List what is wrong with any cookie by one rule of their specification, with who said it and when."""
        return self._faults(rule, lambda _name: True)

    def own_faults(self, rule: str) -> list[str]:
        """List what is wrong with the session's cookie by one rule; others beside it may be no session's."""
        return self._faults(rule, lambda name: name == self.name)

    def _faults(self, rule: str, is_meant: Callable[[str], bool]) -> list[str]:
        return [
            f"{one.node}, {one.at}: {fault.found}; {fault.write}"
            for one in self.said
            for told in one.told
            for fault in told.faults
            if fault.rule == rule and is_meant(told.name)
        ]


def overhear(subject: Subject, name: str, domain: str | None) -> Overheard:
    """Ask a subject for everything that sets or deletes its cookie.

    Args:
        subject: whom.
        name: what the cookie is to be called.
        domain: for which domain; None for the host that is asked.

    Raises:
        BrokenAdapter: it does not speak the protocol, or is not ready within a minute.
    """
    mapping = configuration(load(SCENARIO))
    mapping["session"]["cookie"] = {"name": name} if domain is None else {"name": name, "domain": domain}
    configured = read_mapping(mapping, environment={}, name="cookies")
    prepared = subject.prepare(configured, len(NODES))
    crew = prepared.enter(None)
    try:
        pair = Pair(crew, prepared, configured)
        pair.ready()
        said: list[Said] = []
        for node in NODES:
            for _ in range(ROUNDS):
                _one_life(pair, node, said)
        domain = (domain or "").removeprefix(".")
        return Overheard(prepared.features, pair.cookie_name, domain, tuple(said), _unfit(pair), _living(pair))
    finally:
        crew.close()


def _one_life(pair: Pair, node: str, said: list[Said]) -> None:
    created = _login(pair, node)
    renewed = _login(pair, node, pair.cookie(set_cookies(created)))
    removed = pair.ask(node, "POST", "/logout", pair.cookie(set_cookies(renewed)) or None)
    asked: tuple[str, ...] = ()
    for at, answer in ((CREATION, created), (RENEWAL, renewed), (REMOVAL, removed)):
        lines = set_cookies(answer)
        told = look_at(lines, visit(f"https://{HOST}/"), EPOCH_US)
        said.append(Said(node, at, lines, tuple(told), answer.status, asked))
        asked = lines


def _unfit(pair: Pair) -> Unfit:
    node = NODES[0]
    first = pair.cookie(set_cookies(_login(pair, node)))
    without = pair.ask(node, "GET", "/session").status
    second = pair.cookie(set_cookies(_login(pair, node, first)))
    old = _shown(pair, first)
    planted = "0" * 43
    unknown = f"{pair.cookie_name}={planted}"
    either_way = _shown(pair, unknown, second), _shown(pair, second, unknown)
    given = pair.cookie(set_cookies(_login(pair, node, unknown))).partition("=")[2]
    return Unfit(without, old, either_way, planted, given)


def _living(pair: Pair) -> Living:
    one, other = (pair.cookie(set_cookies(_login(pair, NODES[0], user=user))) for user in (USER, OTHER))
    together = _shown(pair, one, other), _shown(pair, other, one)
    return Living(together, (_shown(pair, one), _shown(pair, other)))


def _login(pair: Pair, node: str, cookie: str = "", user: str = USER) -> Respond:
    return pair.ask(node, "POST", "/login", cookie or None, {"user": user})


def _shown(pair: Pair, *cookies: str) -> Shown | None:
    """Ask for the page with cookies, in their order; None where one of them was never given."""
    if not all(cookies):
        return None
    answer = pair.ask(NODES[0], "GET", "/session", "; ".join(cookies))
    return Shown(answer.status, answer.body)


def bits(values: list[str]) -> int:
    """Say how many bits of chance ids can hold at most.

    A position at which all are alike holds none, nor does what a balancer hangs on behind a dot (COOK-58, COOK-71);
    each other one as much as the characters that were seen anywhere.

    Args:
        values: ids of different sessions; the more, the closer.
    """
    own = [own_part(value) for value in values]
    shortest = min(map(len, own), default=0)
    columns = [{value[place] for value in own} for place in range(shortest)]
    varied = [column for column in columns if len(column) > 1]
    alphabet: set[str] = set().union(*varied)
    return int(len(varied) * math.log2(max(len(alphabet), 1)))
