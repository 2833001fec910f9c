"""One seed's draws in the words of scenario files: lengths of time, shares, choices. It knows no scenario."""

from collections.abc import Sequence
from typing import TypeVar

from scenarios.durations import write_duration, write_share
from simulator.chance import Chance

_T = TypeVar("_T")

SECOND_US = 1_000_000
PERCENT_PPM = 10_000


class Draws:
    """Draws of one part of a drawn scenario, each from a stream of its own name.

    A name is asked once. So one draw more, or one less, leaves all others as they were.
    """

    __slots__ = ("_chance",)

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def part(self, *names: str) -> "Draws":
        """Return the draws of a part."""
        return Draws(self._chance.part(*names))

    def happens(self, name: str, percent: int) -> bool:
        """Draw whether something happens that does so in so many of a hundred cases."""
        return self._chance.stream(name).below(100) < percent

    def between(self, name: str, least: int, most: int) -> int:
        """Draw a whole number from `least` up to and including `most`."""
        return least + self._chance.stream(name).below(most - least + 1)

    def choice(self, name: str, items: Sequence[_T]) -> _T:
        """Draw one of the items; one that is listed twice is drawn twice as often."""
        return self._chance.stream(name).choice(items)

    def first(self, name: str, names: Sequence[str]) -> str:
        """Draw one of some names by a number for each: one name more takes its share, and leaves all other draws."""
        return max(names, key=lambda each: self._chance.stream(name, each).word())

    def some(self, name: str, items: Sequence[_T], count: int) -> list[_T]:
        """Draw so many different items, in the order in which they are listed."""
        order = list(range(len(items)))
        self._chance.stream(name).shuffle(order)
        return [items[place] for place in sorted(order[:count])]

    def seconds(self, name: str, least: int, most: int) -> str:
        """Draw a length of time in whole seconds."""
        return write_duration(self.between(name, least, most) * SECOND_US)

    def percent(self, name: str, choices: Sequence[int]) -> str | int:
        """Draw one of some shares, in percent."""
        share = self.choice(name, choices)
        return write_share(share * PERCENT_PPM) if share else 0
