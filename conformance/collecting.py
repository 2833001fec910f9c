"""A time without garbage collection, for those who load a whole history and judge it. No rule lives here."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Stop the collection of garbage for as long as a history is read and judged.

    Millions of operations are kept until the verdict, and none is part of a cycle: each time the collector looks
    through them it finds nothing. Without it judging takes two thirds of the time (benchmarks/checks.py). Whatever was
    collected before is collected again afterwards, also when the block raises.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
