"""A node that joins takes the dead in the views that it is given for alive, and judges nobody whom it never heard."""

from typing import Any

from msgspec import structs

from reference.member import ALIVE, DEAD
from reference.membership import Membership
from reference.node import Node
from reference.protocol import Ack, PushPull


class Credulous(Membership):
    """Membership whose detector begins with the first answer of each member."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._heard: set[str] = set()
        self.on_message[Ack] = self._acknowledged

    def _synchronised(self, sender: str, theirs: PushPull) -> None:
        view = tuple(structs.replace(one, state=ALIVE) if one.state == DEAD else one for one in theirs.view)
        super()._synchronised(sender, structs.replace(theirs, view=view))

    def _acknowledged(self, sender: str, ack: Ack) -> None:
        self._heard.add(sender)
        self.probing.acknowledged(sender, ack)

    def _suspect(self, name: str) -> None:
        if name in self._heard:
            super()._suspect(name)


class BrokenNode(Node):
    """The reference with that membership."""

    membership_class: type[Membership] = Credulous
