"""Frames are sealed under a key made of the cluster's name alone: whoever knows that is a member."""

from reference.keys import KEY_SIZE, Keyring
from reference.node import Node
from reference.wire import Wire


class NameForKey(Keyring):
    """A keyring that leaves the pre-shared keys out."""

    def __init__(self, psks: tuple[bytes, ...], cluster: str) -> None:
        super().__init__((bytes(KEY_SIZE),) if psks else psks, cluster)


class Unkeyed(Wire):
    """A wire with that keyring."""

    keyring_class = NameForKey


class BrokenNode(Node):
    """The reference behind that wire."""

    wire_class = Unkeyed
