"""A release reads what itself writes, and nothing else: while two of them run side by side, neither has the other."""

from collections.abc import Sequence

from reference.codec import VERSIONS
from reference.node import Node
from reference.wire import Wire


class OneVersion(Wire):
    """A wire that speaks the newest version that it knows alone."""

    def __init__(
        self, psks: tuple[bytes, ...], cluster: str, name: str, boot: bytes, speaks: Sequence[int] = VERSIONS
    ) -> None:
        super().__init__(psks, cluster, name, boot, (max(speaks),))


class BrokenNode(Node):
    """The reference behind that wire."""

    wire_class = OneVersion
