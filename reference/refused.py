"""What was refused on the wire: counted by cause, and told in the log without secrets and not without end."""

from types import MappingProxyType
from typing import Any, Final

TELL_EVERY: Final = 60_000_000
"""µs between two notes of one cause."""

CAUSES: Final = MappingProxyType(
    {
        "key": "it is sealed under a key that is not accepted here: the pre-shared keys or the clusters' names differ",
        "forged": "its tag does not fit: it was changed on its way, or made by somebody who has no key",
        "replayed": "it has come before, or is further behind than frames are overtaken",
        "stranger": "it is of a life that has not said hello to this one",
        "earlier-life": "it is sealed for an earlier life of this node, or for another node",
        "own": "it is this node's own, sent back",
        "oversized": "it is longer than its channel allows",
        "malformed": "it is too short to be a frame",
        "version": "it is of a version of the wire that is not spoken here",
        "no-common-version": "its sender speaks no version of the wire that is spoken here",
        "unreadable": "what was sealed in it is no message of its version",
        "unwritable": "the message holds a value for which the wire has no place; it was not sent",
    }
)
"""Why a frame is not taken, or not sent, and what that means to whoever reads the log."""

UNMET: Final = ("stranger", "earlier-life")
"""Causes that mean that one of two lives knows nothing of the other yet: a question mends them."""

MISMATCH: Final = "psk-mismatch"
REFUSED: Final = "frames-refused"
"""What notes are called: the first for keys that differ (REQ-OBS-8), the other for all else (REQ-OBS-2)."""


class NotTaken(Exception):
    """A frame is refused.

    Attributes:
        cause: one of CAUSES.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Refusals:
    """Counts since the life began.

    Attributes:
        counts: by cause, how many frames.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.counts: dict[str, int] = {}
        self._told_at: dict[str, int] = {}
        self._untold: dict[str, tuple[int, str, str]] = {}

    def add(self, cause: str, channel: str, origin: str = "") -> None:
        """Count one more, on that channel, from where it came as the network says."""
        self.counts[cause] = self.counts.get(cause, 0) + 1
        self._untold[cause] = (self._untold.get(cause, (0, "", ""))[0] + 1, channel, origin)

    def take_notes(self, mono: int) -> list[tuple[str, dict[str, Any]]]:
        """Hand out what is to be told now.

        Args:
            mono: the monotonic clock, µs.

        Returns:
            Kind and fields of each note: the cause and what it means, how many frames since the last note of that
            cause, and where the last of them came from.
        """
        if not self._untold:
            return []
        notes = []
        for cause in list(self._untold):
            told_at = self._told_at.get(cause)
            if told_at is not None and mono - told_at < TELL_EVERY:
                continue
            frames, channel, origin = self._untold.pop(cause)
            self._told_at[cause] = mono
            kind = MISMATCH if cause == "key" else REFUSED
            told = {"cause": cause, "why": CAUSES[cause], "frames": frames, "channel": channel, "from": origin}
            notes.append((kind, told))
        return notes
