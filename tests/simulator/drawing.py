"""Draws one by one, for tests, of what gives many at a time."""

from collections.abc import Callable


def one_by_one(more: Callable[[], list[int]]) -> Callable[[], int]:
    """Draw as a link does: from the end of a list, and of the next one when it is empty."""
    block: list[int] = []

    def draw() -> int:
        if not block:
            block.extend(more())
        return block.pop()

    return draw
