"""A few reference nodes joined by a fake network: a heap of what is due, a fixed delay, and a rule that may cut.

Small on purpose, and without SimPy: the store's own tests must not need the world.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from reference.effects import CancelAlarm, Note, Respond, Send, SetAlarm
from reference.node import Node
from reference.protocol import Init, Request
from reference.settings import MILLISECOND, SECOND, Settings

WALL = 1_767_225_600_000_000
SETTINGS = Settings("my-cluster", idle_us=900 * SECOND)


class Cluster:
    """Nodes n1, n2, … with one clock; `now` is microseconds since the start."""

    def __init__(
        self, size: int, settings: Settings = SETTINGS, node: type[Node] = Node, delay: int = MILLISECOND
    ) -> None:
        self.now = 0
        self.settings = settings
        self.node_class = node
        self.delay = delay
        self.names = tuple(f"n{number}" for number in range(1, size + 1))
        self.nodes: dict[str, Node] = {}
        self.boots: dict[str, int] = dict.fromkeys(self.names, 0)
        self.born: dict[str, int] = {}
        self.answers: dict[str, Respond] = {}
        self.notes: list[tuple[int, str, Note]] = []
        self.sent: list[tuple[int, str, str, Any]] = []
        self.cut: Callable[[str, str], bool] = lambda _sender, _to: False
        self.skew: dict[str, int] = dict.fromkeys(self.names, 0)
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._alarms: dict[tuple[str, int, str], int] = {}

    def start(self, *names: str) -> "Cluster":
        """Start all nodes, or those named, and run until they are ready."""
        for name in names or self.names:
            self.boot(name)
        self.run_until(lambda: all(self.nodes[name].membership.ready for name in names or self.names), 20 * SECOND)
        return self

    def boot(self, name: str) -> None:
        """Begin a new life of a node."""
        self.boots[name] += 1
        self.born[name] = self.now
        seed = f"{self.names.index(name):032x}{self.boots[name]:032x}"
        peers = tuple(peer for peer in self.names if peer != name)
        self.nodes[name] = self.node_class(Init(name, self.boots[name], "my-cluster", peers, seed, {}), self.settings)
        self.perform(name, self.nodes[name].start(peers, *self.clocks(name)))
        self.poll(name, self.boots[name])

    def poll(self, name: str, boot: int) -> None:
        """Ask discovery again every interval of this life."""
        if self.boots[name] != boot or name not in self.nodes:
            return
        peers = tuple(peer for peer in self.names if peer != name)
        if self.now > self.born[name]:
            self.perform(name, self.nodes[name].discovered(peers, *self.clocks(name)))
        self.after(self.settings.poll_us, lambda: self.poll(name, boot))

    def crash(self, name: str) -> None:
        """End a life without a word."""
        del self.nodes[name]
        self.boots[name] += 1

    def isolate(self, *names: str) -> None:
        """Cut these nodes off from all others, both ways."""
        self.cut = lambda sender, to: (sender in names) != (to in names)

    def heal(self) -> None:
        """Let everybody reach everybody again."""
        self.cut = lambda _sender, _to: False

    def clocks(self, name: str) -> tuple[int, int]:
        """Wall and monotonic clock of a node."""
        return WALL + self.now + self.skew[name], self.now - self.born[name]

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

    def run_until(self, reached: Callable[[], bool], limit: int) -> None:
        """Let time pass until something is so; fail when it takes longer than the limit."""
        end = self.now + limit
        while not reached():
            assert self._due, "nothing is due any more"
            assert self._due[0][0] <= end, f"not reached within {limit} us"
            self.now, _, act = heappop(self._due)
            act()

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
                    self.after(after, lambda key=key, version=version: self.ring(key, version))
                case CancelAlarm(alarm):
                    self._alarms[name, self.boots[name], alarm] += 1
                case Respond():
                    self.answers[effect.request] = effect
                case Note():
                    self.notes.append((self.now, name, effect))

    def carry(self, sender: str, to: str, channel: str, message: Any) -> None:
        """Deliver after the delay, unless a cut or the death of either end comes between."""
        boots = (self.boots[sender], self.boots[to])
        if self.cut(sender, to):
            return

        def deliver() -> None:
            alive = to in self.nodes and (self.boots[sender], self.boots[to]) == boots
            if alive and not self.cut(sender, to):
                self.perform(to, self.nodes[to].receive(sender, channel, message, *self.clocks(to)))

        self.after(self.delay, deliver)

    def ring(self, key: tuple[str, int, str], version: int) -> None:
        """Ring an alarm that was neither replaced nor cancelled."""
        name, boot, alarm = key
        if self.boots[name] == boot and self._alarms[key] == version:
            self.perform(name, self.nodes[name].ring(alarm, *self.clocks(name)))

    # ---------------------------------------------------------------------------------------------------------- clients

    def ask(self, node: str, method: str, path: str, cookie: str | None = None, body: Any = None) -> str:
        """Put a request to a node and return its id."""
        self._count += 1
        request = Request(f"r{self._count}", method, path, "app.example.com", cookie=cookie, body=body)
        self.perform(node, self.nodes[node].request(request, *self.clocks(node)))
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
