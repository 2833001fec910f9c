"""The cookie's domain is the host as it was asked for, its port too: no browser keeps a cookie of such a domain."""

from msgspec import structs

from reference.gateway import Gateway
from reference.node import Node
from reference.protocol import Request


class Literal(Gateway):
    """A probe application that sets its cookie for what stands in the Host header."""

    def _login(self, request: Request) -> None:
        configured = self.settings
        self.settings = structs.replace(configured, cookie_domain=request.host if ":" in request.host else "")
        super()._login(request)
        self.settings = configured


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Literal
