"""A session that a lost node wrote to gets a new record on the node that takes over, and writes go to the other one."""

from typing import Any

from msgspec import structs

from reference.gateway import Gateway, hash_of
from reference.node import Node
from reference.protocol import Request
from reference.session import Session


class Renaming(Gateway):
    """A probe application whose sessions are named after the node that served them last."""

    def _change(self, request: Request, session: Session, value: Any, *, gone: bool) -> None:
        writers = sorted({cell.by for cell in session.cells.values()} - {self.name})
        lost = [name for name in writers if not self.membership.is_live(name)]
        if lost:
            session = structs.replace(session, id=hash_of(f"{session.id}.{lost[0]}"))
        super()._change(request, session, value, gone=gone)


class BrokenNode(Node):
    """The reference with that application."""

    gateway_class = Renaming
