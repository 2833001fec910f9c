"""A few reference nodes joined by a fake network: a heap of what is due, delays, loss, and a rule that may cut.

Small on purpose, and without SimPy: the store's own tests must not need the world.
"""

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from typing import Any

from reference.draws import Draws
from reference.effects import CancelAlarm, Note, Respond, Send, SetAlarm, Stopped
from reference.node import Node
from reference.protocol import Init, Request
from reference.session import Revocation, Session
from reference.settings import MILLISECOND, SECOND, Settings

WALL = 1_767_225_600_000_000
SETTINGS = Settings("my-cluster", idle_us=900 * SECOND)
PER_MILLE = 1_000


class Cluster:
    """Nodes n1, n2, … on one true clock; `now` is microseconds since the start.

    Attributes:
        delay: every message takes at least so long.
        jitter: and up to so much more, drawn for each: later messages overtake earlier ones.
        loss, repeat: of a thousand messages so many are lost, or delivered twice.
        cut: says whether a link from one node to another is cut.
        listed: whom discovery names to a node, where that is not everybody.
        skew: how far the wall clock of a node is ahead.
    """

    def __init__(
        self,
        size: int,
        settings: Settings = SETTINGS,
        node: type[Node] = Node,
        delay: int = MILLISECOND,
        seed: int = 1,
    ) -> None:
        self.now = 0
        self.settings = settings
        self.node_class = node
        self.delay = delay
        self.jitter = self.loss = self.repeat = 0
        self.chance = Draws(f"{seed:064x}")
        self.names = tuple(f"n{number}" for number in range(1, size + 1))
        self.nodes: dict[str, Node] = {}
        self.boots: dict[str, int] = dict.fromkeys(self.names, 0)
        self.born: dict[str, int] = {}
        self.answers: dict[str, Respond] = {}
        self.answered_at: dict[str, int] = {}
        self.notes: list[tuple[int, str, Note]] = []
        self.sent: list[tuple[int, str, str, Any]] = []
        self.rung = 0
        self.listed: dict[str, tuple[str, ...]] = {}
        self.cut: Callable[[str, str], bool] = lambda _sender, _to: False
        self.skew: dict[str, int] = dict.fromkeys(self.names, 0)
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._alarms: dict[tuple[str, int, str], int] = {}
        self._left: dict[tuple[str, int], None] = {}
        self._paused: dict[str, list[Callable[[], None]]] = {}

    # ------------------------------------------------------------------------------------------------------- the world

    def start(self, *names: str) -> "Cluster":
        """Start all nodes, or those named, and run until they are ready."""
        for name in names or self.names:
            self.boot(name)
        self.run_until(lambda: self.ready(*names), 30 * SECOND)
        return self

    def ready(self, *names: str) -> bool:
        """Say whether all nodes that run, or those named, may be sent requests."""
        return all(self.nodes[name].membership.ready for name in names or self.nodes)

    def peers(self, name: str) -> tuple[str, ...]:
        """Say whom discovery names to a node."""
        return self.listed.get(name, tuple(peer for peer in self.names if peer != name))

    def boot(self, name: str) -> None:
        """Begin a new life of a node."""
        self.boots[name] += 1
        self.born[name] = self.now
        seed = f"{self.names.index(name):032x}{self.boots[name]:032x}"
        peers = self.peers(name)
        self.nodes[name] = self.node_class(Init(name, self.boots[name], "my-cluster", peers, seed, {}), self.settings)
        self.perform(name, self.nodes[name].start(peers, *self.clocks(name)))
        self.poll(name, self.boots[name])

    def poll(self, name: str, boot: int) -> None:
        """Ask discovery again every interval of this life."""
        if self.boots[name] != boot or name not in self.nodes:
            return
        if self.now > self.born[name]:
            self.act(
                name, lambda: self.perform(name, self.nodes[name].discovered(self.peers(name), *self.clocks(name)))
            )
        self.after(self.settings.poll_us, lambda: self.poll(name, boot))

    def crash(self, name: str) -> None:
        """End a life without a word."""
        del self.nodes[name]
        self._paused.pop(name, None)
        self.boots[name] += 1

    def restart(self, name: str) -> None:
        """End a life and begin the next at once, before anybody can notice."""
        self.crash(name)
        self.boot(name)

    def leave(self, name: str) -> None:
        """Ask a node to leave; it is gone once it says that it has stopped."""
        self.perform(name, self.nodes[name].leave(*self.clocks(name)))

    def pause(self, name: str) -> None:
        """Let a node stand still; what reaches it waits."""
        self._paused[name] = []

    def resume(self, name: str) -> None:
        """Let a node go on with all that came in between, in order."""
        for act in self._paused.pop(name):
            if name in self.nodes:
                act()

    def isolate(self, *names: str) -> None:
        """Cut these nodes off from all others, both ways."""
        self.cut = lambda sender, to: (sender in names) != (to in names)

    def cut_one_way(self, *links: tuple[str, str]) -> None:
        """Cut these links in the direction given."""
        self.cut = lambda sender, to: (sender, to) in links

    def heal(self) -> None:
        """Let everybody reach everybody again, without loss."""
        self.cut = lambda _sender, _to: False
        self.loss = self.repeat = 0

    def clocks(self, name: str) -> tuple[int, int]:
        """Wall and monotonic clock of a node."""
        return WALL + self.now + self.skew[name], self.now - self.born[name]

    # -------------------------------------------------------------------------------------------------- time and turns

    def after(self, delay: int, act: Callable[[], None]) -> None:
        """Do something later."""
        self._count += 1
        heappush(self._due, (self.now + delay, self._count, act))

    def run(self, duration: int) -> None:
        """Let time pass."""
        end = self.now + duration
        while self._due and self._due[0][0] <= end:
            self.now, _, act = heappop(self._due)
            act()
        self.now = end

    def run_until(self, reached: Callable[[], bool], limit: int) -> int:
        """Let time pass until something is so, and say how long it took; fail when it takes longer than the limit."""
        begin = self.now
        while not reached():
            assert self._due, "nothing is due any more"
            assert self._due[0][0] <= begin + limit, f"not reached within {limit} us"
            self.now, _, act = heappop(self._due)
            act()
        return self.now - begin

    def act(self, name: str, what: Callable[[], None]) -> None:
        """Let a node have its turn now, or keep it while the node stands still."""
        if name in self._paused:
            self._paused[name].append(what)
        else:
            what()

    def perform(self, name: str, effects: list[Any]) -> None:
        """Perform a node's effects."""
        for effect in effects:
            match effect:
                case Send(to, channel, message):
                    self.sent.append((self.now, name, to, message))
                    self.carry(name, to, channel, message)
                case SetAlarm(alarm, after):
                    assert after >= 1
                    key = (name, self.boots[name], alarm)
                    self._alarms[key] = version = self._alarms.get(key, 0) + 1
                    self.after(after, partial(self.ring, key, version))
                case CancelAlarm(alarm):
                    self._alarms[name, self.boots[name], alarm] += 1
                case Respond():
                    assert effect.request not in self.answers, "a request is answered once"
                    self.answers[effect.request] = effect
                    self.answered_at[effect.request] = self.now
                case Note():
                    self.notes.append((self.now, name, effect))
                case Stopped():
                    assert effect is effects[-1], "nothing comes after the end"
                    self._left[name, self.boots[name]] = None
                    self.crash(name)

    def carry(self, sender: str, to: str, channel: str, message: Any) -> None:
        """Deliver after a delay, unless loss, a cut or the death of either end comes between; who left has sent it."""
        if to not in self.nodes or self.cut(sender, to):
            return
        if self.loss and self.chance.below(PER_MILLE) < self.loss:
            return
        boots = (self.boots[sender], self.boots[to])

        def take() -> None:
            if to in self.nodes and self.boots[to] == boots[1]:
                self.perform(to, self.nodes[to].receive(sender, channel, message, *self.clocks(to)))

        def deliver() -> None:
            fell_silent = self.boots[sender] != boots[0] and (sender, boots[0]) not in self._left
            if self.boots[to] == boots[1] and not fell_silent and not self.cut(sender, to):
                self.act(to, take)

        self.after(self._drawn_delay(), deliver)
        if self.repeat and self.chance.below(PER_MILLE) < self.repeat:
            self.after(self._drawn_delay(), deliver)

    def _drawn_delay(self) -> int:
        return self.delay + (self.chance.below(self.jitter) if self.jitter else 0)

    def ring(self, key: tuple[str, int, str], version: int) -> None:
        """Ring an alarm that was neither replaced nor cancelled."""

        def ring_now() -> None:
            if self.boots[name] == boot and self._alarms[key] == version:
                self.rung += 1
                self.perform(name, self.nodes[name].ring(alarm, *self.clocks(name)))

        name, boot, alarm = key
        if self.boots[name] == boot and self._alarms[key] == version:
            self.act(name, ring_now)

    # --------------------------------------------------------------------------------------------------------- clients

    def ask(self, node: str, method: str, path: str, cookie: str | None = None, body: Any = None) -> str:
        """Put a request to a node and return its id."""
        self._count += 1
        request = Request(f"r{self._count}", method, path, "app.example.com", cookie=cookie, body=body)
        self.act(node, lambda: self.perform(node, self.nodes[node].request(request, *self.clocks(node))))
        return request.id

    def call(self, node: str, method: str, path: str, cookie: str | None = None, body: Any = None) -> Respond:
        """Put a request to a node and run until it is answered."""
        request = self.ask(node, method, path, cookie, body)
        self.run_until(lambda: request in self.answers, 10 * SECOND)
        return self.answers[request]

    def login(self, node: str, user: str = "ann", cookie: str | None = None) -> str:
        """Log in and return the cookie to send from then on."""
        answer = self.call(node, "POST", "/login", cookie, {"user": user})
        assert answer.status == 200, answer
        return dict(answer.headers)["Set-Cookie"].partition(";")[0]

    def write(self, node: str, cookie: str, key: str, value: Any) -> int:
        """Write one key and return the status of the answer."""
        return self.call(node, "PUT", f"/session/data/{key}", cookie, {"value": value}).status

    def data(self, node: str, cookie: str) -> Any:
        """Read a session's data at one node without moving anything; None where it is unknown or has ended."""
        body = self.call(node, "GET", "/peek", cookie).body
        return None if "error" in body or body["ended"] else body["data"]

    # ----------------------------------------------------------------------------------------------------- from outside

    def views(self) -> dict[str, list[str]]:
        """Whom each running node holds for alive."""
        return {name: node.membership.view() for name, node in self.nodes.items()}

    def views_are(self, *names: str) -> bool:
        """Say whether those named, all of them running, hold exactly each other for alive."""
        return all(self.nodes[name].membership.view() == sorted(names) for name in names)

    def contents(self) -> list[tuple[dict[str, Session], dict[str, Revocation]]]:
        """Everything that each running node holds."""
        return [(node.records.sessions, node.records.revocations) for node in self.nodes.values()]

    def agree(self) -> bool:
        """Say whether all running nodes hold the same."""
        contents = self.contents()
        return all(held == contents[0] for held in contents[1:])

    def noted(self, kind: str) -> list[tuple[int, str, Note]]:
        """Notes of one kind."""
        return [note for note in self.notes if note[2].kind == kind]

    def count(self, kind: type, since: int = 0) -> int:
        """How many messages of a kind were sent since an instant."""
        return sum(1 for at, _, _, message in self.sent if at >= since and message.__class__ is kind)
