"""A header by which a proxy tells for whom it asks is believed of anybody, and opens that user's newest session."""

from reference.gateway import Gateway, owner_of
from reference.node import Node
from reference.protocol import Request


class Believing(Gateway):
    """A gateway that takes whoever asks for a proxy of its own."""

    def _session_id(self, request: Request) -> str | None:
        named = dict(request.headers).get("X-Forwarded-User")
        if named is None:
            return super()._session_id(request)
        sessions = self.records.sessions.values()
        theirs = [one for one in sessions if one.owner == owner_of(named) and one.end is None]
        return max(theirs, key=lambda one: one.created).id if theirs else super()._session_id(request)


class BrokenNode(Node):
    """The reference with that gateway."""

    gateway_class = Believing
