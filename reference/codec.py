"""What stands inside a frame: messages of `reference.protocol` as bytes, in every version of the wire that is spoken.

Version 1 writes names: a MessagePack map of a message's fields, its tag under "type". Version 2 writes places: an array
of a number for the kind and the fields in order, which is shorter. In both, a member that the reader does not know is
left out and one that is missing takes its default, so that fields can be added at the end. No key and no state here.
"""

from functools import reduce
from operator import or_
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct, defstruct, msgpack, structs

from reference.protocol import Message

NAMES: Final = 1
PLACES: Final = 2
VERSIONS: Final = (NAMES, PLACES)
"""Every version that this code reads and writes, the oldest first."""

KINDS: Final[tuple[type[Struct], ...]] = get_args(Message)
"""Every message; its place here is its number in version 2, so new ones are added at the end."""


class Unwritable(ValueError):
    """A message holds what no frame can carry: an integer beyond 64 bits, a text that is no Unicode."""


class Unreadable(ValueError):
    """These bytes are no message in that version."""


def _twin(number: int, kind: type[Struct]) -> type[Struct]:
    """Make the same struct as an array with a number for its tag: msgspec decides both by class."""
    fields: list[Any] = []
    for field in structs.fields(kind):
        named = (field.name, field.type)
        fields.append(named if field.default is msgspec.NODEFAULT else (*named, field.default))
    return defstruct(kind.__name__, fields, array_like=True, tag=number, frozen=True, gc=False)


_TWIN_OF: Final = {kind: _twin(number, kind) for number, kind in enumerate(KINDS)}
_KIND_OF: Final = {twin: kind for kind, twin in _TWIN_OF.items()}
_any_twin: Any = reduce(or_, _KIND_OF)

_read_names: Final = msgpack.Decoder(Message)
_read_places: Final[msgpack.Decoder[Struct]] = msgpack.Decoder(_any_twin)
_write: Final = msgpack.Encoder()


def encode(version: int, message: Struct) -> bytes:
    """Write a message.

    Args:
        version: one of VERSIONS.
        message: one of `reference.protocol.Message`.

    Raises:
        Unwritable: for a value that MessagePack has no place for.
    """
    shaped = message if version == NAMES else _TWIN_OF[message.__class__](*structs.astuple(message))
    try:
        return _write.encode(shaped)
    except (msgspec.MsgspecError, OverflowError, TypeError, ValueError, RecursionError) as error:
        raise Unwritable(f"a {message.__struct_config__.tag} cannot be written: {error}") from error


def decode(version: int, data: bytes) -> Any:
    """Read a message.

    Args:
        version: one of VERSIONS.
        data: what `encode` of that version made, here or elsewhere.

    Returns:
        One of `reference.protocol.Message`, every field of its declared type.

    Raises:
        Unreadable: saying what stands where.
    """
    try:
        if version == NAMES:
            return _read_names.decode(data)
        read = _read_places.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unreadable(f"no message of version {version}: {error}") from error
    return _KIND_OF[read.__class__](*structs.astuple(read))
