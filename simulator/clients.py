"""Carries requests from clients to nodes and answers back, and writes down what clients saw.

The only place where a client's `Ask` becomes a request to a node, and an answer an operation of the history. Who asks
what is in `users.py` and `observers.py`, whom in `balancer.py`. Callbacks on the loop; no process a request.
"""

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2b
from itertools import count
from typing import Any, Protocol

from msgspec import Struct, structs

from conformance.history import BROKEN_OFF, IN_SESSION, Operation, Record
from reference.effects import Respond
from reference.protocol import Request
from simulator.clock import REQUEST, Loop
from simulator.host import Host
from simulator.users import LOGIN, MEMBERS, PEEK, READ, REVOKE, TIMEOUT_US, Answer, Ask, Step, Wait

USER, OBSERVER = "user", "observer"
DEFINITELY_NOTHING = (400, 404, 405, 501)
"""Answers after which nothing has happened (protocol, part 1)."""


class Person(Protocol):
    """Whoever asks: told the time and the last answer, says what follows."""

    def next(self, now: int, answer: Answer | None) -> Step:
        """Say what follows."""

    def other_tab(self, ask: Ask, answer: Answer, now: int) -> None:
        """Hear what came of a request that was made beside another one."""


class Exchange(Struct, eq=False):
    """One request on its way there and back, and at once the event of its next arrival.

    `reached` is when the node got it, µs. `answer` is what the node said; it stays None when the connection was reset.
    `broken_off` is set where the balancer took the answer away. `over` is set once the client has been told, by an
    answer or by its own patience.
    """

    clients: "Clients"
    client: str
    by: str
    ask: Ask
    heard: Callable[[Answer], None]
    asked: int
    node: str = ""
    reached: int = 0
    answer: Respond | None = None
    broken_off: bool = False
    over: bool = False

    def answered(self, answer: Respond | None) -> None:
        """Take what the node says back to the client; None means a reset connection."""
        self.answer = answer
        self.clients.send_back(self)


def _unheard(answer: Respond | None) -> None:
    """Nobody waits for that answer any more."""


def _untold(node: str, took_us: int, now: int) -> None:
    """Nobody wants to know how long answers take."""


class Clients:
    """All connections between clients and nodes.

    Args:
        loop: the world's event loop.
        hosts: every node.
        pick: the balancer's choice, given client and instant.
        write: takes the operations down.
        cookie_name: the session cookie's.
        host: whom an `Ask` is for that names no host.
        delay_us: one way between a browser and a node, µs.
        timed: told how long nodes took to answer what the balancer sent them: node, µs, instant.
        served_by: hosts that one node alone answers for, past the balancer.
        midway: the balancer's other choice for a request that it breaks off, given client, node and instant: None for
            one that it leaves alone. None where it never does that.
    """

    def __init__(
        self,
        loop: Loop,
        hosts: Mapping[str, Host],
        pick: Callable[[str, int], str],
        write: Callable[[Record], None],
        cookie_name: str,
        host: str,
        delay_us: int,
        timed: Callable[[str, int, int], None] = _untold,
        served_by: Mapping[str, str] | None = None,
        midway: Callable[[str, str, int], str | None] | None = None,
    ) -> None:
        self._loop = loop
        self._hosts = hosts
        self._pick = pick
        self._write = write
        self._cookie = f"{cookie_name}="
        self._host = host
        self._delay_us = delay_us
        self._timed = timed
        self._served_by = served_by or {}
        self._midway = midway
        self._hashes: dict[str, str] = {}
        self._given: dict[str, int] = {}
        self._numbers = count()
        self._patience: deque[Exchange] = deque()
        self.requests = 0
        self.open = 0

    # --------------------------------------------------------------------------------------------------- there and back

    def ask(self, client: str, by: str, ask: Ask, heard: Callable[[Answer], None]) -> None:
        """Send a request on its way; call only from an event of priority REQUEST.

        Args:
            client: name of the browser or observer.
            by: USER or OBSERVER.
            ask: what is asked; one that names its node goes there at once, past the balancer.
            heard: called once, with the answer or, after 10 s, with none.
        """
        now = self._loop.now
        exchange = Exchange(self, client, by, ask, heard, now)
        self.requests += 1
        self.open += 1
        self._patience.append(exchange)
        if len(self._patience) == 1:
            self._loop.push(now + TIMEOUT_US, REQUEST, self._give_up, None)
        if ask.node is None and self._delay_us:
            self._loop.push(now + self._delay_us, REQUEST, self._reach_node, exchange)
        else:
            self._reach_node(exchange)

    def _reach_node(self, exchange: Exchange) -> None:
        ask = exchange.ask
        now = exchange.reached = self._loop.now
        host = ask.host or self._host
        node = exchange.node = ask.node or self._served_by.get(host) or self._pick(exchange.client, now)
        request = Request(ask.id, ask.method, ask.path, host, cookie=ask.cookie, headers=ask.headers, body=ask.body)
        if self._midway is not None and ask.node is None and host not in self._served_by:
            other = self._midway(exchange.client, node, now)
            if other is not None:
                self._break_off(exchange, request, other)
                return
        self._hosts[node].request(request, exchange.answered)

    def _break_off(self, exchange: Exchange, request: Request, other: str) -> None:
        """Let the node have the request and nobody its answer; ask the other one again for what is only read.

        What changes something may have been done, so that no balancer asks for it twice: the client hears nothing.
        """
        self._hosts[exchange.node].request(request, _unheard)
        if exchange.ask.op == READ:
            exchange.node = other
            self._hosts[other].request(structs.replace(request, id=f"{request.id}-again"), exchange.answered)
        else:
            exchange.broken_off = True
            exchange.answered(None)

    def send_back(self, exchange: Exchange) -> None:
        """Send what the node said, or that the connection broke, back to the client."""
        if exchange.over:
            return
        now, delay_us = self._loop.now, 0
        if exchange.ask.node is None:
            delay_us = self._delay_us
            if exchange.answer is not None:
                self._timed(exchange.node, now - exchange.reached, now)
        self._loop.push(now + delay_us, REQUEST, self._reach_client, exchange)

    def _reach_client(self, exchange: Exchange) -> None:
        if not exchange.over:
            self._finish(exchange, exchange.answer)

    def _give_up(self, _: Any) -> None:
        """Let every client go that has waited long enough, and come again when the next one will have."""
        now, waiting = self._loop.now, self._patience
        while waiting and (waiting[0].over or waiting[0].asked + TIMEOUT_US <= now):
            exchange = waiting.popleft()
            if not exchange.over:
                self._finish(exchange, None)
        if waiting:
            self._loop.push(waiting[0].asked + TIMEOUT_US, REQUEST, self._give_up, None)

    def _finish(self, exchange: Exchange, answer: Respond | None) -> None:
        exchange.over = True
        self.open -= 1
        cookies: tuple[str, ...] = ()
        if answer is not None and answer.headers:
            cookies = tuple(value for name, value in answer.headers if name.lower() == "set-cookie")
        self._write(self._operation(exchange, answer, cookies))
        if answer is None:
            exchange.heard(Answer(None))
        else:
            exchange.heard(Answer(answer.status, answer.body, cookies))

    # -------------------------------------------------------------------------------------------------- what is written

    def _operation(self, exchange: Exchange, answer: Respond | None, cookies: tuple[str, ...]) -> Operation:
        """Write down one request as its client saw it (protocol, part 5)."""
        ask = exchange.ask
        session = self._session_of(ask.cookie)
        operation = Operation(
            ask.op, ask.id, exchange.client, exchange.by, exchange.node, exchange.asked, None, "unknown", ask.user
        )
        operation.host = ask.host or self._host
        operation.key, operation.value = ask.key, ask.value
        if ask.op == LOGIN:
            operation.replaced = session
        else:
            operation.session = session
        if answer is None:
            operation.why = BROKEN_OFF if exchange.broken_off else None
            return operation
        operation.answered = self._loop.now
        operation.status = answer.status
        operation.outcome = outcome_of(answer.status)
        if session is None and operation.outcome == "ok" and ask.op in IN_SESSION:
            operation.session = self._hash("")  # it lets in who shows no cookie: for the judge, an id that nobody gave
        if cookies:
            operation.set_cookie = [self._without_id(line) for line in cookies]
        body = answer.body
        if isinstance(body, dict):
            if operation.outcome == "ok":
                self._read_answer(operation, body, cookies)
            elif isinstance(body.get("error"), str):
                operation.why = body["error"]
        return operation

    def _read_answer(self, operation: Operation, body: dict[str, Any], cookies: tuple[str, ...]) -> None:
        """Take over what a 200 says, by the kind of operation."""
        op = operation.op
        if op in (LOGIN, READ, PEEK):
            operation.answered_user = body.get("user")
        if op == LOGIN:
            for line in cookies:
                value = self._value_in(line)
                if value:
                    self._given[value] = next(self._numbers)
                    operation.session = self._hash(value)
        elif op in (READ, PEEK):
            operation.data = body.get("data")
            if op == PEEK:
                operation.created, operation.last = body.get("created"), body.get("last")
                operation.ended = bool(body.get("ended"))
        elif op == MEMBERS:
            operation.members = body.get("members")
        elif op == REVOKE:
            operation.sessions = body.get("sessions")

    def _session_of(self, header: str | None) -> str | None:
        """Hash the session id in a `Cookie` header, None when there is none; of several the one that was given last."""
        if header is None:
            return None
        values = [pair[len(self._cookie) :] for pair in header.split("; ") if pair.startswith(self._cookie)]
        if not values:
            return None
        given = self._given
        return self._hash(values[0] if len(values) == 1 else max(values, key=lambda value: given.get(value, -1)))

    def _value_in(self, line: str) -> str | None:
        """Return the session id in a `Set-Cookie` line: "" when it deletes, None when it is another cookie."""
        return line[len(self._cookie) :].partition(";")[0] if line.startswith(self._cookie) else None

    def _without_id(self, line: str) -> str:
        """Replace the live id in a `Set-Cookie` line by its hash: a history may be passed on."""
        value = self._value_in(line)
        return line.replace(value, self._hash(value), 1) if value else line

    def _hash(self, session_id: str) -> str:
        found = self._hashes.get(session_id)
        if found is None:
            found = self._hashes[session_id] = hash_of_session(session_id)
        return found


class Driver(Struct, eq=False):
    """Performs one person: makes the requests, waits, hands answers over; at once the event of each wait's end.

    `learned` is called after every answer, with what was asked and what came of it.
    """

    loop: Loop
    clients: Clients
    person: Person
    client: str
    by: str
    learned: Callable[[Ask, Answer], None] | None = None
    asked: Ask | None = None

    def begin(self) -> None:
        """Let the person act from now on; callable at any time, since nothing is asked in this very turn."""
        self._wait(self.loop.now)

    def _wait(self, until: int) -> None:
        self.loop.push(until, REQUEST, self._go_on, None)

    def _go_on(self, _: None) -> None:
        self._perform(self.person.next(self.loop.now, None))

    def _heard(self, answer: Answer) -> None:
        step = self.person.next(self.loop.now, answer)
        if self.learned is not None and self.asked is not None:
            self.learned(self.asked, answer)
        self._perform(step)

    def _heard_beside(self, ask: Ask, answer: Answer) -> None:
        self.person.other_tab(ask, answer, self.loop.now)

    def _perform(self, step: Step) -> None:
        kind = type(step)
        if kind is Ask:
            self.asked = step  # type: ignore[assignment]  # its class says so
            self.clients.ask(self.client, self.by, step, self._heard)  # type: ignore[arg-type]
            beside: Ask | None = step.beside  # type: ignore[union-attr]
            while beside is not None:
                self.clients.ask(self.client, self.by, beside, partial(self._heard_beside, beside))
                beside = beside.beside
        elif kind is Wait:
            self._wait(step.until)  # type: ignore[union-attr]


def outcome_of(status: int) -> str:
    """Say what a status means to the judge (protocol, part 1); whatever is not definite may have happened."""
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP
        return "ok"
    if status == 401:  # noqa: PLR2004 - HTTP
        return "denied"
    return "refused" if status in DEFINITELY_NOTHING else "unknown"


def hash_of_session(session_id: str) -> str:
    """Hash a session id for the history, from which nobody can take the session over (REQ-SEC-6)."""
    return blake2b(session_id.encode(), digest_size=16, person=b"history").hexdigest()
