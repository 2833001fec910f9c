"""Two nodes on a network without faults, in simulated time, and somebody who asks them one thing after the other.

Whoever makes a pair sees to it that the crew behind it is closed. It judges nothing.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from conformance.cookie_lint import granted
from conformance.subjects.adapter import BrokenAdapter, WrongLine
from conformance.subjects.probe import OK, PART_1
from conformance.subjects.subject import Crew, Prepared
from reference.config import Configuration, read_mapping
from reference.effects import Respond
from reference.protocol import Init, Request
from scenarios import configuration as configuration_of
from scenarios import load
from simulator.chance import Chance
from simulator.clock import EPOCH_US, REQUEST, Loop, NodeClock, ms, s
from simulator.delays import Fixed
from simulator.host import Host, Machine
from simulator.network import Network
from simulator.trace import Recorder

SCENARIO = "steady-lan"
"""Whose configuration the nodes get where nobody says another."""
NODES = ("n1", "n2")
HOST = "app.example.com"
READY_WITHIN_US = s(60)
ANSWER_WITHIN_US = s(10)
LIVES_US = s(3_600)
"""How long a session is taken to live that nothing limits."""


class Pair:
    """Two nodes that have not been started yet.

    Attributes:
        loop: their time.
        hosts: their machines, by name.
        configuration: what they are given.
        prepared: what the subject promises under it.
        cookie_name: what the session's cookie is called, by the subject's own name for it or as configured.
        time: what its seconds are called.
    """

    time = "s of simulated time"

    def __init__(self, crew: Crew, prepared: Prepared, configuration: Configuration) -> None:
        settings = configuration.settings()
        self.loop = Loop()
        self.configuration = configuration
        self.prepared = prepared
        self.cookie_name = prepared.cookie_name or settings.cookie_name
        recorder = Recorder()
        network = Network(self.loop, NODES, lambda _from, _to: Fixed(ms(1)), Chance(1), recorder)
        self.hosts: dict[str, Host] = {}
        self._asked = 0
        for name in NODES:
            others = tuple(other for other in NODES if other != name)

            def make(boot: int, name: str = name, others: tuple[str, ...] = others) -> Machine:
                seed = f"{NODES.index(name) + 1:02x}" * 32
                return crew.make(Init(name, boot, settings.cluster, others, seed, configuration.raw))

            clock, poll_us = NodeClock(), settings.poll_us
            self.hosts[name] = Host(self.loop, name, make, network, recorder, clock, lambda o=others: o, poll_us)  # type: ignore[misc] # bound now

    @property
    def patience_us(self) -> int:
        """How long one may wait, twice even, before a look at a session that must be alive: a third of its life."""
        prepared, settings = self.prepared, self.configuration.settings()
        absolute_us = settings.absolute_us if prepared.absolute_us is None else prepared.absolute_us
        idle_us = settings.idle_us if prepared.idle_us is None else prepared.idle_us
        return min(absolute_us or LIVES_US, idle_us or LIVES_US, LIVES_US) // 3

    def close(self) -> None:
        """Leave nothing behind; the crew is closed by whoever entered it."""

    def ready(self, *names: str) -> bool:
        """Start nodes, both if none is named, and say whether they said within a minute that they are up."""
        started = [self.hosts[name] for name in names or NODES]
        for host in started:
            host.start()
        return self.until(lambda: all(host.probe_ready() for host in started), READY_WITHIN_US)

    def until(self, holds: Callable[[], bool], within_us: int) -> bool:
        """Let time pass until something holds; say whether it ever did."""
        end = self.loop.now + within_us
        while not holds() and self.loop.now < end:
            self.loop.run_to(min(end, self.loop.now + ms(10)))
        return holds()

    def wait(self, us: int) -> None:
        """Let so much time pass, in microseconds."""
        self.loop.run_to(self.loop.now + us)

    def login(self, node: str, user: str = "ann") -> str:
        """Log a user in, and give the cookie to send from then on.

        Raises:
            BrokenAdapter: the answer is no 200, or sets no cookie of the session's name.
        """
        answer = self.ask(node, "POST", "/login", body={"user": user})
        lines = set_cookies(answer)
        cookie = self.cookie(lines)
        if answer.status != OK or not cookie:
            found = f"{answer.status} with {list(lines) or 'no Set-Cookie'}"
            mend = f"answer 200 with a new id in a Set-Cookie of '{self.cookie_name}'"
            raise BrokenAdapter(node, "POST /login", WrongLine("the answer", found, "200", mend, PART_1))
        return cookie

    def cookie(self, lines: Iterable[str]) -> str:
        """Give the session's cookie as an answer's lines set it, to send from then on; "" where they set none.

        Of several the last counts, as browsers have it; others' cookies stand beside it where they like.
        """
        values = granted(lines, self.cookie_name, EPOCH_US)
        return f"{self.cookie_name}={values[-1]}" if values else ""

    def ask(self, node: str, method: str, path: str, cookie: str | None = None, body: Any = None) -> Respond:
        """Ask a node something, and wait for the answer.

        Raises:
            BrokenAdapter: none comes within ten seconds.
        """
        self._asked += 1
        request = Request(f"ask-{self._asked}", method, path, HOST, cookie=cookie, body=body)
        answers: list[Respond | None] = []
        act = partial(self.hosts[node].request, answered=answers.append)
        self.loop.push(self.loop.now + 1, REQUEST, act, request)
        if not self.until(lambda: bool(answers), ANSWER_WITHIN_US) or answers[0] is None:
            found, expected = "no answer within 10 s of simulated time", "an answer to every request"
            wrong = WrongLine("respond", found, expected, f'answer with {{"respond": "{request.id}", …}}', PART_1)
            raise BrokenAdapter(node, f"{method} {path}", wrong)
        return answers[0]


def set_cookies(answer: Respond) -> tuple[str, ...]:
    """Give the `Set-Cookie` lines of an answer, of all cookies."""
    return tuple(value for name, value in answer.headers if name.lower() == "set-cookie")


def usual(name: str) -> Configuration:
    """Read the scenarios' own configuration, for a pair that needs no other; `name` is what messages call it."""
    return read_mapping(configuration_of(load(SCENARIO)), environment={}, name=name)
