"""One call of a recorded history, as the models and both methods see it. No behaviour lives here."""

from typing import Any, Final

from msgspec import Struct

NEVER: Final = 2**63
"""Later than every instant: the end of a call that was never answered, which may have happened, once, at any time."""


class Call(Struct, frozen=True):
    """A call from its asking to its answer; both instants belong to it, so calls that only touch are concurrent.

    Attributes:
        id: what evidence names it by.
        key: calls of different keys never meet.
        what: the operation, a word of the model.
        argument: what was asked: a value, or (expected, new) for a compare-and-set.
        result: what was answered; meaningless when `known` is false.
        start, end: order in which the ends were recorded, or times; `end` is NEVER without an answer.
        known: whether the outcome is known; if not, the call may have happened or not.
    """

    id: str
    key: str
    what: str
    argument: Any
    result: Any
    start: int
    end: int
    known: bool = True
