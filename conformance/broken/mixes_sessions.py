"""A repair of several records gives each under the next one's id: two lists walked side by side, one shifted."""

from msgspec import structs

from reference.comparison import Comparison
from reference.node import Node
from reference.protocol import Want, Wanted


class Shifted(Comparison):
    """A comparison whose answers pair ids and records wrongly."""

    def _give(self, sender: str, want: Want) -> None:
        sessions, revocations = self.records.chosen(list(want.records))
        shifted = sessions[1:] + sessions[:1]
        mixed = tuple(structs.replace(record, id=asked.id) for asked, record in zip(sessions, shifted, strict=True))
        self.turn.send(sender, Wanted(want.round, mixed, revocations))


class BrokenNode(Node):
    """The reference with that comparison."""

    comparison_class = Shifted
