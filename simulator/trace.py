"""Takes down everything that happens, in order: as lines for pictures, and as one digest that two equal runs share.

The digest covers every arrival and every loss (times, ends, whole content), every alarm that rang, every request, and
all that nodes asked for, but for what they sent, which arrives or is lost. It knows no wall clock and no paths.
"""

from hashlib import blake2b
from typing import Any, BinaryIO

from msgspec import Struct, json, msgpack

from conformance.trace import Answered, Asked, Carried, Checkpoint, Closed, Line, Noted, Opened, Rang
from reference.effects import Effect, Note, Respond
from reference.frames import Frame
from reference.protocol import Request

BATCH = 1_000
"""Events between two checkpoints."""
AT_ONCE = 100
"""Events that are encoded together: one by one, the digest takes twice as long; of a thousand, the first lie cold in
memory by the time that they are encoded."""

CARRIED, _EFFECT, _REQUEST = 0, 1, 2
_RANG = Rang.__struct_config__.tag
"""What the first member of an entry of the batch says. An alarm that rang is taken down as its line is written: a tuple
is made in half the time."""

_to_digest = msgpack.Encoder(order="deterministic")
_to_line = json.Encoder(order="deterministic")


class Recorder:
    """The only writer of a run's trace.

    Attributes:
        messages: messages and copies that arrived or were lost.
        batch, most: what is not yet in the digest, and from how many events on it must be, by `settle`; for the
            network, which takes down what arrives without a call.
        alarms: alarms that rang.
        noted: how often nodes noted what, by kind of note.
    """

    def __init__(self, sink: BinaryIO | None = None, batch: int = BATCH) -> None:
        """Make a recorder of one run.

        Args:
            sink: where the trace's JSON lines go (a gzip file, opened with mtime 0); None when only the digest is
                wanted, and then no line is made.
            batch: events between two checkpoints; 1 is for finding the event in which two runs part, and gives another
                digest, as any number below `AT_ONCE` does.
        """
        self._sink = sink
        self.most = min(batch, AT_ONCE)
        self._between = batch
        self._checked = 0
        self._at = 0
        self._hash = blake2b(digest_size=32)
        self._encoded = bytearray()
        self.batch: list[Any] = []
        self._hashed = 0
        self.messages = 0
        self.alarms = 0
        self.noted: dict[str, int] = {}

    @property
    def events(self) -> int:
        """How many events the digest covers."""
        return self._hashed + len(self.batch)

    def digest(self) -> str:
        """Return the digest of everything so far, as hex digits; asking changes nothing."""
        hashed = self._hash.copy()
        if self.batch:
            hashed.update(_to_digest.encode(self.batch))
        return hashed.hexdigest()

    def open(self, opened: Opened) -> None:
        """Write the first line; it names the run and is not part of the digest."""
        self._write([opened])

    def carried(self, now: int, sent: int, sender: str, to: str, channel: str, message: Any, lost: str = "") -> None:
        """Take down a message that arrived, or was given up for the cause `lost`."""
        self.messages += 1
        batch = self.batch
        batch.append((CARRIED, now, sent, sender, to, channel, lost, message))
        if len(batch) >= self.most:
            self.settle()

    def rang(self, now: int, node: str, alarm: str) -> None:
        """Take down an alarm that rang."""
        self.alarms += 1
        batch = self.batch
        batch.append((_RANG, now, node, alarm))
        if len(batch) >= self.most:
            self.settle()

    def effect(self, now: int, node: str, effect: Effect) -> None:
        """Take down something that a node asked for, other than to send."""
        batch = self.batch
        batch.append((_EFFECT, now, node, effect))
        if len(batch) >= self.most:
            self.settle()

    def note(self, now: int, node: str, note: Note) -> None:
        """Take down what a node left a note of, and count it."""
        self.noted[note.kind] = self.noted.get(note.kind, 0) + 1
        self.effect(now, node, note)

    def asked(self, now: int, node: str, request: Request) -> None:
        """Take down a request that reached a node."""
        batch = self.batch
        batch.append((_REQUEST, now, node, request))
        if len(batch) >= self.most:
            self.settle()

    def line(self, line: Line) -> None:
        """Take down anything else, as it stands in the trace."""
        batch = self.batch
        batch.append(line)
        if len(batch) >= self.most:
            self.settle()

    def close(self, now: int) -> None:
        """Write the last line; without it the run did not finish."""
        if self.batch:
            self.settle()
        if self._hashed > self._checked:
            self._note_checkpoint()
        self._write([Closed(now, self.events, self.messages, self.digest())])

    def settle(self) -> None:
        """Add the batch to the digest and the trace, now and then with a checkpoint for comparing traces."""
        batch = self.batch
        _to_digest.encode_into(batch, self._encoded)  # into memory that is warm
        self._hash.update(self._encoded)
        self._hashed += len(batch)
        if self._sink is not None:
            self._write([line for line in map(_line_of, batch) if line is not None])
            last = batch[-1]
            self._at = last[1] if last.__class__ is tuple else last.t
            if self._hashed - self._checked >= self._between:
                self._note_checkpoint()
        batch.clear()

    def _note_checkpoint(self) -> None:
        self._checked = self._hashed
        self._write([Checkpoint(self._at, self._hashed, self._hash.hexdigest())])

    def _write(self, lines: list[Line]) -> None:
        if self._sink is not None:
            self._sink.write(_to_line.encode_lines(lines))


def _line_of(entry: Any) -> Line | None:
    """Return the trace's line for an entry of the batch, None where pictures need none."""
    if entry.__class__ is not tuple:
        line: Line = entry
        return line
    what, now = entry[0], entry[1]
    if what is CARRIED:
        _, _, sent, sender, to, channel, lost, message = entry
        return Carried(now, sent, sender, to, channel, kind_of(message), lost, size_of(message))
    _, _, node, about = entry
    if what is _RANG:
        return Rang(now, node, about)
    if what is _REQUEST:
        return Asked(now, node, about.id)
    return _line_of_effect(now, node, about)


def _line_of_effect(now: int, node: str, effect: Effect) -> Line | None:
    if isinstance(effect, Respond):
        return Answered(now, node, effect.request, effect.status)
    if isinstance(effect, Note):
        return Noted(now, node, effect.kind, effect.fields)
    return None


def size_of(message: Any) -> int:
    """Tell how many bytes a frame has, or a message as the first version of the wire writes it (docs/wire.md)."""
    return len(message.data) if isinstance(message, Frame) else len(_to_digest.encode(message))


def kind_of(message: Any) -> str:
    """Return the tag of a message that is a struct, "message" for what a foreign node sends."""
    if not isinstance(message, Struct):
        return "message"
    if isinstance(message, Frame):
        return message.kind
    tag = message.__struct_config__.tag
    return tag if isinstance(tag, str) else message.__class__.__name__
