"""What a subject says about its cookie: people log in, log in anew and log out on two nodes, and each line is kept.

Asked in simulated time, without faults; what is wrong with a line is `conformance.cookie_lint`'s to say. Judges
nothing.
"""

import math
from typing import Any

from msgspec import Struct

from conformance.cookie_lint import Told, look_at, own_part
from conformance.pair import HOST, NODES, SCENARIO, Pair
from conformance.subjects.subject import Subject
from reference.config import read_mapping
from reference.effects import Respond
from scenarios import configuration, load
from simulator.clock import EPOCH_US
from simulator.visits import visit

CREATION, RENEWAL, REMOVAL = "creation", "renewal", "removal"
USER = "annabel"
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


class Overheard(Struct, frozen=True):
    """Everything that a subject said under one configuration.

    Attributes:
        features: those that count.
        name: what the cookie is called, as configured or by the subject's own name for it.
        domain: as configured, without its leading dot.
        said: all answers, node by node, in order.
        without: the status of a page that is asked for without the cookie that has just been set.
        old: the status of a page that is asked for with the cookie from before a renewal, once that is answered.
        either_way: the answers to a living cookie behind one that nobody knows, and before it.
        planted, given_for_planted: an id that nobody gave, and what a login that brought it was given.
    """

    features: list[str]
    name: str
    domain: str
    said: tuple[Said, ...]
    without: int
    old: int
    either_way: tuple[Any, Any]
    planted: str
    given_for_planted: str

    def values(self) -> list[str]:
        """Give every id that was given."""
        gives = (line for one in self.said if one.at != REMOVAL for line in one.lines)
        return [
            pair.partition("=")[2] for line in gives if (pair := line.partition(";")[0]).startswith(f"{self.name}=")
        ]

    def faults(self, rule: str) -> list[str]:
        """List what is wrong by one rule of the cookie specification, with who said it and when."""
        return [
            f"{one.node}, {one.at}: {fault.found}; {fault.write}"
            for one in self.said
            for told in one.told
            for fault in told.faults
            if fault.rule == rule
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
        return Overheard(
            prepared.features, prepared.cookie_name or name, domain, tuple(said), *_cookies_that_do_not_fit(pair)
        )
    finally:
        crew.close()


def _one_life(pair: Pair, node: str, said: list[Said]) -> None:
    created = _lines(pair.ask(node, "POST", "/login", body={"user": USER}))
    renewed = pair.ask(node, "POST", "/login", _cookie(created), {"user": USER})
    removed = pair.ask(node, "POST", "/logout", _cookie(_lines(renewed)))
    for at, lines, status, asked in (
        (CREATION, created, 200, ()),
        (RENEWAL, _lines(renewed), renewed.status, created),
        (REMOVAL, _lines(removed), removed.status, _lines(renewed)),
    ):
        told = look_at(lines, visit(f"https://{HOST}/"), EPOCH_US)
        said.append(Said(node, at, lines, tuple(told), status, asked))


def _cookies_that_do_not_fit(pair: Pair) -> tuple[int, int, tuple[Any, Any], str, str]:
    node, body = NODES[0], {"user": USER}
    first = pair.login(node, USER)
    without = pair.ask(node, "GET", "/session").status
    second = _cookie(_lines(pair.ask(node, "POST", "/login", first, body)))
    old = pair.ask(node, "GET", "/session", first).status
    name, planted = second.partition("=")[0], "0" * 43
    unknown = f"{name}={planted}"
    headers = f"{unknown}; {second}", f"{second}; {unknown}"
    behind, before = (pair.ask(node, "GET", "/session", header) for header in headers)
    given = _cookie(_lines(pair.ask(node, "POST", "/login", unknown, body))).partition("=")[2]
    return without, old, ((behind.status, behind.body), (before.status, before.body)), planted, given


def _lines(answer: Respond) -> tuple[str, ...]:
    return tuple(value for name, value in answer.headers if name.lower() == "set-cookie")


def _cookie(lines: tuple[str, ...]) -> str:
    return lines[0].partition(";")[0] if lines else ""


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
