"""What a single copy of an object does: its state before anything happened, and one step. Pure functions.

A step answers whether the object could have given that result in that state, and which state it is in then. A call of
unknown outcome can give any result; where the search leaves it out, it never happened.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from conformance.checks.linearizability.operations import Call

READ, WRITE, CAS = "read", "write", "cas"
GET, PUT, APPEND = "get", "put", "append"

Step = Callable[[Any, Call], tuple[bool, Any]]


class Model(Struct, frozen=True):
    """A sequential object; states must be hashable, since the search remembers where it has been.

    Attributes:
        initial: the state of every key before anything happened.
        step: whether the state allows the call's result, and the state after it.
        words: the operations that it knows.
    """

    name: str
    initial: Any
    step: Step
    words: tuple[str, ...]


def _register(state: Any, call: Call) -> tuple[bool, Any]:
    """A register with read, write and compare-and-set; a compare-and-set that answers false saw another value."""
    if call.what == READ:
        return not call.known or call.result == state, state
    if call.what == WRITE:
        return True, call.argument
    expected, new = call.argument
    matches = state == expected
    return not call.known or call.result is matches, new if matches else state


def _kv(state: str, call: Call) -> tuple[bool, str]:
    """One key of a store of texts: get, put, append; a key never written reads as the empty text."""
    if call.what == GET:
        return not call.known or call.result == state, state
    if call.what == PUT:
        return True, call.argument
    return True, state + call.argument


MODELS: Final[dict[str, Model]] = {
    "register": Model("register", None, _register, (READ, WRITE, CAS)),
    "kv": Model("kv", "", _kv, (GET, PUT, APPEND)),
}
"""Every model by the name given to `check --model`."""
