"""Where a domain is wanted it is the asked host without its first label, whatever is configured, suffix or not."""

from msgspec import structs

from reference.gateway import Gateway
from reference.node import Node
from reference.protocol import Request


class Guessing(Gateway):
    """A probe application that works the domain out from each login's host."""

    def _login(self, request: Request) -> None:
        configured = self.settings
        if configured.cookie_domain:
            self.settings = structs.replace(configured, cookie_domain=request.host.partition(".")[2])
        super()._login(request)
        self.settings = configured


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Guessing
