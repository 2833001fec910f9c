"""A node behind its wire: what it sends leaves as frames, and only what its wire opens reaches it.

The same calls as `reference.node.Node`, with `frames.Frame` for messages. What was refused it leaves as notes.
"""

from collections.abc import Callable

from reference.effects import Effect, Note, Send
from reference.frames import Frame
from reference.holdings import Holdings
from reference.node import Node
from reference.protocol import Request
from reference.wire import Wire


class SealedNode:
    """One life of one node and its end of the wire.

    Args:
        node: speaks messages.
        wire: speaks frames, with the same key and name.
        taken: told each frame of which a message was taken, before the node has it.
    """

    def __init__(self, node: Node, wire: Wire, taken: Callable[[Frame], None] = lambda _frame: None) -> None:
        self.node = node
        self.wire = wire
        self._taken = taken

    def start(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        """Begin this life."""
        return self._sealed(self.node.start(peers, wall, mono), mono)

    def discovered(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        """Take what discovery found this time."""
        return self._sealed(self.node.discovered(peers, wall, mono), mono)

    def lookup_failed(self, why: str, wall: int, mono: int) -> list[Effect]:
        """Take note of a failed lookup."""
        return self._sealed(self.node.lookup_failed(why, wall, mono), mono)

    def receive(self, sender: str, channel: str, message: Frame, wall: int, mono: int) -> list[Effect]:
        """Take a frame; `sender` is where it came from, which proves nothing."""
        opened = self.wire.open(channel, message.data, mono, sender)
        effects: list[Effect] = [Send(frame.to or sender, frame.channel, frame) for frame in opened.replies]
        if opened.messages:
            self._taken(message)
        for name, on, inner in opened.messages:
            effects += self._sealed(self.node.receive(name, on, inner, wall, mono), mono)
        effects += [Note(kind, fields) for kind, fields in self.wire.take_notes(mono)]
        return effects

    def ring(self, alarm: str, wall: int, mono: int) -> list[Effect]:
        """Do what an alarm was set for."""
        return self._sealed(self.node.ring(alarm, wall, mono), mono)

    def request(self, request: Request, wall: int, mono: int) -> list[Effect]:
        """Take a client's request."""
        return self._sealed(self.node.request(request, wall, mono), mono)

    def holdings(self) -> Holdings:
        """Count what the node holds."""
        return self.node.holdings()

    def leave(self, wall: int, mono: int) -> list[Effect]:
        """Say goodbye."""
        return self._sealed(self.node.leave(wall, mono), mono)

    def _sealed(self, effects: list[Effect], mono: int) -> list[Effect]:
        sealed: list[Effect] = []
        for effect in effects:
            if isinstance(effect, Send):
                frames = self.wire.seal(effect.to, effect.channel, effect.message, mono)
                sealed += [Send(frame.to, frame.channel, frame) for frame in frames]
            else:
                sealed.append(effect)
        return sealed
