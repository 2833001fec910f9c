"""How often Python looks for garbage while a world runs: seldom, as next to nothing in it is part of a cycle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS = 100_000
"""So many more objects than before, and young ones are looked through; Python's own number is 700."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Have garbage looked for seldom, for as long as a run lasts; afterwards as before, also when it raises.

    What a run makes is freed when nobody refers to it any more, but for the life of a node that has ended. A large
    cluster holds millions of objects, and looking through them again and again took a third of an idle one's time
    (benchmarks/README.md). Not never: a subject in this process may leave cycles behind.
    """
    before = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
