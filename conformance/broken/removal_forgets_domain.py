"""A logout deletes the cookie without the domain that it was set with: browsers keep it."""

from msgspec import structs

from reference import cookies
from reference.effects import Respond
from reference.gateway import OK, Gateway
from reference.node import Node
from reference.protocol import Request


class Forgetful(Gateway):
    """A probe application that knows the domain when it sets a cookie, and not when it deletes it."""

    def _logged_out(self, request: Request) -> Respond:
        line = cookies.removing(structs.replace(self.settings, cookie_domain=""))
        return Respond(request.id, OK, (("Set-Cookie", line),), {})


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Forgetful
