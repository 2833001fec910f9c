"""What befalls frames on their way, as rules like those of `rules.py`; what is no frame they leave alone."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from reference.frames import Frame
from simulator.chance import Chance, Stream
from simulator.clock import s
from simulator.rules import Answer, ByChance, Changed, LinkName, Recorded

WITHIN_US = s(60)
"""How much later a recording is played back at most: past restarts, and past every deadline but those of sessions."""
BITS_MOST = 8
"""How many bits of a frame are changed at most; one is the hardest to see."""


class _OfFrames(ByChance):
    """A rule that strikes a share of the frames, and marks what it puts in their place."""

    def __init__(self, ppm: int, chance: Chance, links: Iterable[LinkName] | None, mark: str) -> None:
        """Make a rule that strikes `ppm` frames in a million; `mark` is `planted` of what it makes (`ByChance`)."""
        super().__init__(ppm, chance, links, WITHIN_US)
        self._mark = mark


class Corrupt(_OfFrames):
    """Changes some bits of a share of the frames, as a bad line does that no checksum covers, or somebody between."""

    def _strike(self, stream: Stream, message: Any) -> Answer:
        if not isinstance(message, Frame):
            return None
        octets = bytearray(message.data)
        for _ in range(1 + stream.below(BITS_MOST)):
            bit = stream.below(len(octets) * 8)
            octets[bit // 8] ^= 1 << bit % 8
        if bytes(octets) == message.data:
            octets[0] ^= 1  # two changes of one bit are none
        return Changed(replace(message, data=bytes(octets), planted=self._mark))


class Replay(_OfFrames):
    """Records a share of the frames that arrive, and plays each back once to the same node."""

    at_send = False
    at_arrival = True

    def _strike(self, stream: Stream, message: Any) -> Answer:
        if not isinstance(message, Frame):
            return None
        return Recorded(replace(message, planted=self._mark), self._lateness_us(stream))
