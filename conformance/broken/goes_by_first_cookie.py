"""With routing the first of several unknown cookies says where a request goes, though another may be the living one."""

from reference.gateway import Gateway
from reference.node import Node
from reference.protocol import Request


class Hasty(Gateway):
    """A probe application that asks nobody which of several sessions is known."""

    def _looks_up(self, request: Request) -> bool:
        del request
        return False


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Hasty
