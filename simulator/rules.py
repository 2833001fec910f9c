"""What befalls messages on their way, as small rules that the network asks in order.

A rule says of one message: nothing, lose it, hold it back, or carry it twice. The first that loses it wins; what others
hold back adds up. A new trouble of the network is a new rule here, and the network stays as it is. Rules know names and
links, never what a message means.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from simulator.chance import MILLION, Chance, Stream

WITHIN_US = 200_000
"""How late a copy or an overtaken message is at most: the shortest wait before TCP sends a segment again on Linux."""

LinkName = tuple[str, str]
"""(from, to)."""


class Drop(Struct, frozen=True):
    """The message is lost; `cause` is one word for trace and counts."""

    cause: str


class Late(Struct, frozen=True):
    """The message arrives so many µs later."""

    by_us: int


class Again(Struct, frozen=True):
    """A copy of the message arrives so many µs after it."""

    after_us: int


class Changed(Struct, frozen=True):
    """This arrives instead of the message; later rules are asked of it."""

    message: Any


class Recorded(Struct, frozen=True):
    """The message arrives now, and this once more so many µs later, at whichever life of the receiver is there then."""

    message: Any
    after_us: int


Answer = Drop | Late | Again | Changed | Recorded | None


OnMessage = Callable[[Any, int], Answer]
"""What a rule says of a message on one link, given the message and the instant (µs of true time)."""


class Rule(Protocol):
    """One trouble on some links.

    Attributes:
        at_send: whether it is asked when a message is sent.
        at_arrival: whether it is asked (again) when a message would arrive; then `Again` and `Changed` mean nothing.
            `Recorded` means something only then.
        touched: how many messages it has changed the fate of.
    """

    at_send: bool
    at_arrival: bool
    touched: int

    def on_link(self, sender: str, to: str) -> OnMessage | None:
        """Return what it says of messages on that link, None where it has nothing to say.

        Asked for every link again whenever a rule comes or goes, so that no message has to ask a rule that does not
        concern it; draws must go on where they were.
        """


_CUT = Drop("cut")
_LOSS = Drop("loss")
_FULL = Drop("queue")


class Cut:
    """Nodes of different groups cannot reach each other; a node in no group keeps all its links.

    A message is stopped if the cut lasts when it is sent or when it would arrive: a cable that is pulled out loses what
    is on it, and what would arrive before it is back finds no way. One that was sent before the cut and arrives after
    it was under way for longer than the cut lasted, and passes.
    """

    at_send = True
    at_arrival = True

    def __init__(self, groups: Sequence[Sequence[str]]) -> None:
        """Make a cut.

        Args:
            groups: names of nodes; each stands in one group at most.

        Raises:
            ValueError: a node stands in two groups.
        """
        self._group: dict[str, int] = {}
        for number, names in enumerate(groups):
            for name in names:
                if name in self._group:
                    raise ValueError(f"'{name}' stands twice in the groups of a cut; name it once, or not at all")
                self._group[name] = number
        self.touched = 0

    def on_link(self, sender: str, to: str) -> OnMessage | None:
        """Stop every message between different groups."""
        here, there = self._group.get(sender), self._group.get(to)
        return None if here is None or there is None or here == there else self._stop

    def _stop(self, message: Any, now: int) -> Answer:
        del message, now
        self.touched += 1
        return _CUT


class _OnLinks:
    """What rules share that concern some links, or all of them."""

    at_send = True
    at_arrival = False

    def __init__(self, links: Iterable[LinkName] | None) -> None:
        self._links = None if links is None else frozenset(links)  # only asked for members: its order is not ours
        self.touched = 0

    def on_link(self, sender: str, to: str) -> OnMessage | None:
        """Leave alone the links that were not named."""
        return self._on_message(sender, to) if self._links is None or (sender, to) in self._links else None

    def _on_message(self, sender: str, to: str) -> OnMessage:
        raise NotImplementedError


class OneWay(_OnLinks):
    """Links that carry nothing, while those in the other direction do; stops at the same instants as `Cut`."""

    at_arrival = True

    def __init__(self, links: Iterable[LinkName]) -> None:
        """Make a one-way cut of those (from, to) pairs."""
        super().__init__(links)

    def _on_message(self, sender: str, to: str) -> OnMessage:
        del sender, to
        return self._stop

    def _stop(self, message: Any, now: int) -> Answer:
        del message, now
        self.touched += 1
        return _CUT


class Slow(_OnLinks):
    """Makes every message late by the same time."""

    def __init__(self, by_us: int, links: Iterable[LinkName] | None = None) -> None:
        """Make a rule that slows links down.

        Args:
            by_us: how much later everything arrives, µs.
            links: (from, to) pairs; all links when None.
        """
        super().__init__(links)
        self._late = Late(by_us)

    def _on_message(self, sender: str, to: str) -> OnMessage:
        del sender, to
        return self._hold_back

    def _hold_back(self, message: Any, now: int) -> Answer:
        del message, now
        self.touched += 1
        return self._late


class Narrow(_OnLinks):
    """Carries no more than so many bytes a second on each link: messages wait for those before them, up to a queue."""

    def __init__(
        self, rate: int, queue: int, size_of: Callable[[Any], int], links: Iterable[LinkName] | None = None
    ) -> None:
        """Make a rule that narrows links.

        Args:
            rate: bytes that a link carries in a second.
            queue: bytes that wait on a link at most; a message that finds more before it is lost.
            size_of: tells how many bytes a message has.
            links: (from, to) pairs; all links when None.
        """
        super().__init__(links)
        self._rate = rate
        self._queue_us = queue * MILLION // rate
        self._size_of = size_of
        self._on_messages: dict[LinkName, OnMessage] = {}

    def _on_message(self, sender: str, to: str) -> OnMessage:
        link = (sender, to)
        if link not in self._on_messages:
            self._on_messages[link] = self._line()
        return self._on_messages[link]

    def _line(self) -> OnMessage:
        free = 0  # the instant at which all that was sent so far has left

        def on_message(message: Any, now: int) -> Answer:
            nonlocal free
            waits = max(0, free - now)
            self.touched += waits > 0
            if waits > self._queue_us:
                return _FULL
            free = now + waits + self._size_of(message) * MILLION // self._rate
            return Late(free - now)

        return on_message


class Clog:
    """Lets nothing arrive before an instant, and loses nothing: what was due meanwhile arrives then, in its order."""

    at_send = False
    at_arrival = True

    def __init__(self, until: int, node: str, links: Iterable[LinkName] | None) -> None:
        """Make a clog.

        Args:
            until: the instant, µs of true time.
            node: to and from whom nothing arrives; "" where links are named.
            links: (from, to) pairs; None where a node is named.
        """
        self._until = until
        self._node = node
        self._links = frozenset(links or ())  # only asked for members: its order is not ours
        self.touched = 0

    def on_link(self, sender: str, to: str) -> OnMessage | None:
        """Leave alone what is not clogged."""
        return self._hold if self._node in (sender, to) or (sender, to) in self._links else None

    def _hold(self, message: Any, now: int) -> Answer:
        del message
        if now >= self._until:
            return None
        self.touched += 1
        return Late(self._until - now)


class ByChance(_OnLinks):
    """A rule that strikes a share of the messages; every link has draws of its own."""

    def __init__(
        self, ppm: int, chance: Chance, links: Iterable[LinkName] | None = None, within_us: int = WITHIN_US
    ) -> None:
        """Make a rule that strikes `ppm` messages in a million.

        Args:
            ppm: share of the messages, in millionths, from 1.
            chance: this rule's own part of the run's chance; two rules with the same part would strike together.
            links: (from, to) pairs; all links when None.
            within_us: the greatest lateness, µs, for rules that make late; each is drawn evenly from 1 up to it.
        """
        super().__init__(links)
        self._ppm = ppm
        self._within_us = within_us
        self._chance = chance
        self._on_messages: dict[LinkName, OnMessage] = {}

    def _on_message(self, sender: str, to: str) -> OnMessage:
        link = (sender, to)
        if link not in self._on_messages:
            self._on_messages[link] = self._begin(self._chance.stream(sender, to))
        return self._on_messages[link]

    def _begin(self, stream: Stream) -> OnMessage:
        passes = stream.passes(self._ppm)

        def on_message(message: Any, now: int) -> Answer:
            nonlocal passes
            del now
            if passes:
                passes -= 1
                return None
            passes = stream.passes(self._ppm)
            answer = self._strike(stream, message)
            self.touched += answer is not None
            return answer

        return on_message

    def _strike(self, stream: Stream, message: Any) -> Answer:
        raise NotImplementedError

    def _lateness_us(self, stream: Stream) -> int:
        return 1 + stream.below(self._within_us)


class Lose(ByChance):
    """Loses a share of the messages."""

    def _strike(self, stream: Stream, message: Any) -> Answer:
        del stream, message
        return _LOSS


class Repeat(ByChance):
    """Carries a share of the messages twice, as a network does that sent again too early."""

    def _strike(self, stream: Stream, message: Any) -> Answer:
        del message
        return Again(self._lateness_us(stream))


class Reorder(ByChance):
    """Holds a share of the messages back, so that later ones overtake them."""

    def _strike(self, stream: Stream, message: Any) -> Answer:
        del message
        return Late(self._lateness_us(stream))
