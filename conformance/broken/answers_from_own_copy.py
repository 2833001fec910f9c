"""A node to which a client comes back goes on from the copy that it has, though another answers for the session."""

from reference.node import Node
from reference.protocol import Request
from reference.routing import Routing


class Local(Routing):
    """Routing of those sessions only that this node does not know."""

    def route(self, request: Request, session: str) -> None:
        """Answer from the own copy where there is one."""
        if session in self.records.sessions:
            self.serve(request)
        else:
            super().route(request, session)


class BrokenNode(Node):
    """The reference with that routing."""

    routing_class = Local
