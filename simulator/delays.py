"""How long a message takes on a link, as values that a link draws from.

A new kind of delay is a class with `blocks`. Nothing here knows links, messages or rules.
"""

from collections.abc import Callable, Mapping
from functools import cache
from math import exp
from statistics import NormalDist
from typing import Protocol

from simulator.chance import MILLION, TABLE_SIZE, Stream

MEASURED_SIGMA = 0.05
"""Spread put around a measured average: the published tables give no spread, and links of a cloud's backbone vary by a
few percent."""

SAME_AT_ONCE = 32
"""So many fixed delays are given at a time."""


class Delay(Protocol):
    """A distribution of delays."""

    def blocks(self, stream: Stream) -> Callable[[], list[int]]:
        """Return what gives the next delays of one link, fed by that link's stream.

        They come as a new list of at least one, in whole µs, the last of it the first to be used (`Stream.blocks`).
        """


class Fixed:
    """Always the same delay."""

    __slots__ = ("us",)

    def __init__(self, us: int) -> None:
        """Make a fixed delay of so many µs; with 0 a message arrives at the instant it was sent."""
        if us < 0:
            raise ValueError(f"a fixed delay of {us} µs; write one from 0")
        self.us = us

    def blocks(self, stream: Stream) -> Callable[[], list[int]]:
        """Return what gives always the same; nothing is taken from the stream."""
        del stream
        always = [self.us] * SAME_AT_ONCE
        return always.copy


class Lognormal:
    """Delays around a median, with the long tail to the right that networks have."""

    __slots__ = ("median_us", "sigma")

    def __init__(self, median_us: int, sigma: float) -> None:
        """Make a lognormal delay.

        Args:
            median_us: half of all delays are shorter, µs, at least 1.
            sigma: standard deviation of the delay's logarithm, from 0; 0.3 puts 1 in 40 above 1.8 medians.
        """
        if median_us < 1 or sigma < 0:
            raise ValueError(
                f"a lognormal delay of median {median_us} µs and sigma {sigma}; write at least 1 µs and a sigma from 0"
            )
        self.median_us = median_us
        self.sigma = sigma

    def blocks(self, stream: Stream) -> Callable[[], list[int]]:
        """Return what gives the delays of one link: even draws from the table of quantiles."""
        return stream.blocks(_lognormal_table(self.median_us, self.sigma))


def measured(rtt_us: Mapping[tuple[str, str], int], zone: str, other: str) -> Lognormal:
    """Return the delay from one zone to another by measured round trips: half of the round trip, with a small spread.

    Args:
        rtt_us: average round trip, µs, by (from, to); a pair that stands there in one direction only serves both.
        zone: where the message is sent.
        other: where it is going; may be the same zone.

    Raises:
        ValueError: the pair was not measured.
    """
    rtt = rtt_us.get((zone, other)) or rtt_us.get((other, zone))
    if rtt is None:
        known = ", ".join(sorted({name for pair in rtt_us for name in pair}))
        raise ValueError(f"no round trip was measured from '{zone}' to '{other}'; measured zones: {known}")
    return Lognormal(max(1, rtt // 2), MEASURED_SIGMA)


class Around:
    """Delays around a median of its own for each link, from one table for all: 490 hosts have 240,000 links.

    A lognormal of many medians; a draw costs a multiplication more than `Lognormal`, whose table is of one median.
    """

    __slots__ = ("median_us", "sigma")

    def __init__(self, median_us: int, sigma: float) -> None:
        """Make such a delay; see `Lognormal`."""
        self.median_us = median_us
        self.sigma = sigma

    def blocks(self, stream: Stream) -> Callable[[], list[int]]:
        """Return what gives the delays of one link."""
        median_us, factors = self.median_us, stream.blocks(_lognormal_factors(self.sigma))
        return lambda: [(median_us * factor + MILLION // 2) // MILLION or 1 for factor in factors()]


def half_of(rtt_us: int) -> Around:
    """Return the delay one way by a measured round trip, µs: half of it, with a small spread."""
    return Around(max(1, rtt_us // 2), MEASURED_SIGMA)


@cache
def _lognormal_table(median_us: int, sigma: float) -> tuple[int, ...]:
    """Return the quantiles in whole µs, shared by all links that have this delay."""
    return tuple(max(1, (median_us * factor + MILLION // 2) // MILLION) for factor in _lognormal_factors(sigma))


@cache
def _lognormal_factors(sigma: float) -> tuple[int, ...]:
    """Return the quantiles of a lognormal of median 1, in millionths.

    Rounded this far, they do not depend on the last bit of the machine's `exp` and `log`.
    """
    normal = NormalDist()
    return tuple(
        round(exp(sigma * normal.inv_cdf((entry + 0.5) / TABLE_SIZE)) * MILLION) for entry in range(TABLE_SIZE)
    )
