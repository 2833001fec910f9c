"""What one node has to tell the others about members: the least told first, a few at a time, so often and no more.

Source: Das, Gupta and Motivala, SWIM (2002), section 4.1; the number of times is memberlist's.
"""

from itertools import islice

from reference.protocol import Rumour

PIGGYBACKED = 20
"""Rumours a message: twenty of at most 60 octets stay below the 1,400 octets of memberlist's UDP packet."""


class News:
    """Rumours that have yet to be told, one a member: a newer one takes the place of the older.

    Attributes:
        left: by member, how often its rumour is still to be told.
    """

    __slots__ = ("_rumours", "left")

    def __init__(self) -> None:
        self.left: dict[str, int] = {}
        self._rumours: list[dict[str, Rumour]] = [{}]

    def add(self, rumour: Rumour, times: int) -> None:
        """Tell a rumour so many times from now on."""
        name = rumour.member
        held = self.left.get(name)
        if held is not None:
            del self._rumours[held][name]
        while len(self._rumours) <= times:
            self._rumours.append({})
        self.left[name] = times
        self._rumours[times][name] = rumour

    def take(self) -> list[Rumour]:
        """Give the least told ones for one message, and count them as told once more."""
        taken: list[tuple[int, list[Rumour]]] = []
        room = PIGGYBACKED
        for left in range(len(self._rumours) - 1, 0, -1):
            some = [*islice(self._rumours[left].values(), room)]
            if some:
                taken.append((left, some))
                room -= len(some)
                if not room:
                    break
        for left, some in taken:
            held, below = self._rumours[left], self._rumours[left - 1]
            for rumour in some:
                name = rumour.member
                del held[name]
                if left > 1:
                    self.left[name] = left - 1
                    below[name] = rumour
                else:
                    del self.left[name]
        return [rumour for _, some in taken for rumour in some]

    def clear(self) -> None:
        """Tell nothing of all that any more."""
        self.left.clear()
        self._rumours = [{}]
