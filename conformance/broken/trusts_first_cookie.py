"""Of several cookies of the session's name the first is taken for its own: a planted one locks people out."""

from reference.gateway import Gateway
from reference.node import Node


class Trusting(Gateway):
    """A probe application that looks at no cookie but the first."""

    def _chosen(self, named: list[str]) -> str | None:
        return named[0]


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Trusting
