"""The baseline: bare SimPy timeouts with one callback each, at a stated number pending."""

from collections.abc import Callable
from time import perf_counter  # noqa: TID251 - a benchmark measures wall time

from simpy import Environment
from simpy.events import Event

PENDING = 1_000
EVENTS = 300_000


def bare_rate(events: int = EVENTS, pending: int = PENDING, clock: Callable[[], float] = perf_counter) -> float:
    """Return how many timeouts a second SimPy handles when each sets the next.

    Args:
        events: how many to measure over.
        pending: how many wait at any time; more make the heap deeper and every event slower.
        clock: tells seconds.
    """
    env = Environment()
    timeout = env.timeout
    left = events

    def rang(_: Event) -> None:
        nonlocal left
        left -= 1
        if left >= pending:
            timeout(1_000).callbacks.append(rang)

    for number in range(pending):
        timeout(1 + number).callbacks.append(rang)
    begun = clock()
    env.run()
    return events / (clock() - begun)
