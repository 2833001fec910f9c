"""Frames prove who made them and not when: one that was recorded is taken again, as often as it is played back."""

from reference.node import Node
from reference.window import Window
from reference.wire import Wire


class Forgetful(Window):
    """A window that remembers nothing."""

    def is_new(self, count: int) -> bool:
        """Take every frame for new."""
        del count
        return True


class Windowless(Wire):
    """A wire with that window."""

    window_class = Forgetful


class BrokenNode(Node):
    """The reference behind that wire."""

    wire_class = Windowless
