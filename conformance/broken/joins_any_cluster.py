"""The name of the cluster is left out of what frames are sealed under: under one key all clusters are one."""

from reference.keys import Keyring
from reference.node import Node
from reference.wire import Wire


class Nameless(Keyring):
    """A keyring that leaves the cluster's name out."""

    def __init__(self, psks: tuple[bytes, ...], cluster: str) -> None:
        del cluster
        super().__init__(psks, "")


class NamelessWire(Wire):
    """A wire with that keyring."""

    keyring_class = Nameless


class BrokenNode(Node):
    """The reference behind that wire."""

    wire_class = NamelessWire
