"""The example of docs/wire.md, made anew; and its table of causes."""

from pathlib import Path

from reference.protocol import MEMBERSHIP, Ping
from reference.refused import CAUSES
from reference.wire import Wire
from tests.reference.frames_and_wires import Air

PAGE = Path(__file__).parents[2] / "docs" / "wire.md"
KEY = bytes(range(32))


def example() -> str:
    """Write both frames, a field a line."""
    air = Air(Wire((KEY,), "my-cluster", "n1", b"\xa1" * 32), Wire((KEY,), "my-cluster", "n2", b"\xb2" * 32))
    air.say("n1", "n2", MEMBERSHIP, Ping(7, ()))
    hello, message = air.seen[0].data, air.seen[-1].data
    return "\n".join([*_fields("hello", hello, (1, 4, 32, 8)), "", *_fields("message", message, (1, 4, 8, 8, 8))])


def causes() -> str:
    """Write the rows of the table."""
    return "\n".join(f"| `{cause}` | {meaning} |" for cause, meaning in CAUSES.items())


def _fields(name: str, frame: bytes, sizes: tuple[int, ...]) -> list[str]:
    lines, begin = [f"{name}: {len(frame)} octets"], 0
    for size in (*sizes, len(frame) - sum(sizes) - 16, 16):
        octets = frame[begin : begin + size]
        lines += [octets[at : at + 32].hex(" ") for at in range(0, size, 32)]
        begin += size
    return lines
