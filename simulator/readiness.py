"""Which nodes say that they may be sent requests: asked again and again, told to the history and to the balancer.

It asks `/status` as anybody outside could. That a node has died is seen at once, as a refused connection is; that one
stands still too, and one that turned a client away is asked at once.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct

from conformance.history import Ready, Record, Unready
from reference.effects import Respond
from reference.protocol import Request
from simulator.clock import REQUEST, Loop
from simulator.host import Host

SOON_US = 100_000
"""A node that is not ready is asked this often: readiness begins to count when it is seen."""
SELDOM_US = 10_000_000
"""A ready node is asked this often: it seldom takes its word back, and does so to a client first. On a day of a
thousand requests an hour, probes every second would be most of what nodes do."""
UNAVAILABLE = 503


class _Look(Struct, eq=False):
    """The next question to one node; it means nothing once another is due for that node."""

    host: Host


class Readiness:
    """Asks every node, for ever.

    Args:
        loop: the world's event loop.
        hosts: every node.
        write: takes down what the history must know.
        saw: told the balancer's health check: node, healthy, instant; a paused node is ready but not healthy.

    Attributes:
        ready: which nodes said so when they were last asked.
        changed: when that last changed for any node, µs.
    """

    def __init__(
        self,
        loop: Loop,
        hosts: Mapping[str, Host],
        write: Callable[[Record], None],
        saw: Callable[[str, bool, int], None],
    ) -> None:
        self._loop = loop
        self._hosts = hosts
        self._write = write
        self._saw = saw
        self._healthy = dict.fromkeys(hosts, False)
        self._next: dict[str, _Look] = {}
        self.ready = dict.fromkeys(hosts, False)
        self.changed = 0

    def begin(self) -> None:
        """Ask every node from now on."""
        for host in self._hosts.values():
            host.on_end.append(self._ended)
            host.on_pause.append(self._paused)
            host.on_respond.append(self._answered)
            self._look_after(0, host)

    def all_up_are_ready(self) -> bool:
        """Say whether nobody who is up is still joining."""
        return all(self.ready[name] for name, host in self._hosts.items() if host.up)

    def look(self, host: Host) -> None:
        """Ask one node now; a paused one answers nobody, which changes nothing but its health."""
        name, now = host.name, self._loop.now
        if not host.paused:
            ready = host.up and host.probe_ready()
            if ready != self.ready[name]:
                self.ready[name] = ready
                self.changed = now
                self._write(Ready(name, now) if ready else Unready(name, now))
        healthy = self.ready[name] and not host.paused
        if healthy != self._healthy[name]:
            self._healthy[name] = healthy
            self._saw(name, healthy, now)

    def _ended(self, host: Host) -> None:
        """See at once that a life has ended, and ask soon whether another has begun."""
        self.look(host)
        self._look_after(SOON_US, host)

    def _paused(self, host: Host) -> None:
        """See at once that a node stands still, and ask soon whether it goes on."""
        self.look(host)
        self._look_after(SOON_US, host)

    def _answered(self, host: Host, _: Request, answer: Respond) -> None:
        """Ask a node that turned a client away, once its turn is over."""
        if answer.status == UNAVAILABLE and self.ready[host.name]:
            self._look_after(0, host)

    def _look(self, look: _Look) -> None:
        host = look.host
        if self._next[host.name] is look:
            self.look(host)
            self._look_after(SELDOM_US if self._healthy[host.name] else SOON_US, host)

    def _look_after(self, delay_us: int, host: Host) -> None:
        look = self._next[host.name] = _Look(host)
        self._loop.push(self._loop.now + delay_us, REQUEST, self._look, look)
