"""Wires that talk to each other in memory, and any message of the protocol, for the tests of the wire."""

from collections.abc import Callable
from hashlib import blake2b
from types import UnionType
from typing import Any, Union, get_args, get_origin

from hypothesis import strategies as st
from msgspec import Struct, structs

from reference.codec import KINDS, VERSIONS
from reference.frames import Frame
from reference.wire import Opened, Wire

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def wire(
    name: str,
    *,
    life: int = 1,
    psks: tuple[bytes, ...] = (KEY,),
    cluster: str = "my-cluster",
    speaks: tuple[int, ...] = VERSIONS,
    kind: type[Wire] = Wire,
) -> Wire:
    """Make a wire whose boot value follows from name and life."""
    return kind(psks, cluster, name, blake2b(f"{name}/{life}".encode(), digest_size=32).digest(), speaks)


class Air:
    """Carries frames between wires at once, in order; `lost` decides which never arrive, `seen` keeps what left."""

    def __init__(self, *wires: Wire) -> None:
        self.wires = {one.name: one for one in wires}
        self.seen: list[Frame] = []
        self.taken: list[tuple[str, str, Any]] = []
        self.lost: Callable[[Frame], bool] = lambda _frame: False
        self.now = 0

    def carry(self, sender: str, frames: list[Frame], to: str = "") -> None:
        """Carry frames, and what they are answered with, until nobody has more to say."""
        waiting = [(sender, frame.to or to, frame) for frame in frames]
        while waiting:
            origin, receiver, frame = waiting.pop(0)
            self.seen.append(frame)
            if self.lost(frame) or receiver not in self.wires:
                continue
            opened = self.open(receiver, frame)
            waiting += [(receiver, reply.to or origin, reply) for reply in opened.replies]

    def open(self, receiver: str, frame: Frame) -> Opened:
        """Hand one frame over."""
        opened = self.wires[receiver].open(frame.channel, frame.data, self.now)
        self.taken += opened.messages
        return opened

    def say(self, sender: str, to: str, channel: str, message: Any) -> None:
        """Have one wire send a message."""
        self.carry(sender, self.wires[sender].seal(to, channel, message, self.now))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    Any: _JSON,
    int: st.integers(-(2**63), 2**63 - 1),
    str: st.text(max_size=8),
    bool: st.booleans(),
    type(None): st.none(),
}


def _of_type(kind: Any) -> st.SearchStrategy[Any]:
    """Draw a value of a field's type."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return st.builds(kind, **{field.name: _of_type(field.type) for field in structs.fields(kind)})
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return st.one_of(*(_of_type(part) for part in inner))
    if origin is tuple:
        many = inner[-1] is ...
        return st.lists(_of_type(inner[0]), max_size=3).map(tuple) if many else st.tuples(*map(_of_type, inner))
    if origin is dict:
        return st.dictionaries(_of_type(inner[0]), _of_type(inner[1]), max_size=3)
    return _PLAIN[kind]


messages = st.one_of(*(_of_type(kind) for kind in KINDS))
"""Any message that nodes may send."""
