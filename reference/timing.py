"""How long things take, computed from the membership profile and the size of the cluster: pure arithmetic.

The bounds of the store's contract (`detect_us`, `converge_us`) are derived here, so that a verdict can cite a formula
and not a number typed in by hand.
"""

from math import log10

from reference.settings import MILLISECOND, SECOND, Settings, Timing

RESEND_FIRST = 500 * MILLISECOND
"""An unacknowledged copy is sent again after this: longer than the slowest round trip between regions (0.33 s)."""
RESEND_LATER = 1 * SECOND
"""And then every so often, until it is acknowledged or the member is held for dead."""
COMPARE_OFTEN = 1 * SECOND
"""Pause between two comparisons of digests after one that found a difference or after a change of view."""
COMPARE_SELDOM = 8 * SECOND
"""The longest pause, reached by doubling while comparisons find nothing."""
SETTLING = 1 * SECOND
"""Changes younger than this are left out of digests: most are still on their way and would look like differences."""


def suspicion_timeout(timing: Timing, members: int) -> int:
    """Microseconds between suspicion and death: multiplier · max(1, log10 n) · probe interval (memberlist)."""
    thousandths = max(1_000, int(log10(max(1, members)) * 1_000))
    return timing.suspicion_multiplier * timing.probe_interval * thousandths // 1_000


def retransmissions(timing: Timing, members: int) -> int:
    """How often a rumour is told by one node: multiplier · ceil(log10(n + 1)) (memberlist)."""
    return timing.retransmit_multiplier * len(str(max(1, members)))


def detect_us(settings: Settings, members: int) -> int:
    """Within how many microseconds a crash, and the return of a member, is known to all.

    A shuffled round-robin probes every member at least once in 2n - 1 intervals (SWIM, section 4.3); one interval more
    for the probe to fail, the suspicion, and the rumour's rounds of gossip. A member that was cut off is contacted again
    within one discovery interval, and refutes within a few gossip rounds; the longer of the two counts.
    """
    timing = settings.timing
    gossip = timing.gossip_interval * retransmissions(timing, members)
    death = (
        (2 * members - 1) * timing.probe_interval + timing.probe_interval + suspicion_timeout(timing, members) + gossip
    )
    contact = settings.poll_us + 2 * gossip
    return max(death, contact)


def converge_us(_settings: Settings, _members: int) -> int:
    """Within how many microseconds an answered change is on every member that is in reach.

    A copy that got lost is sent again after RESEND_FIRST and then every RESEND_LATER; what no resending covers (a writer
    that died) is found by the next comparison, which does not look at changes younger than SETTLING.
    """
    return max(RESEND_FIRST + 2 * RESEND_LATER, SETTLING + 2 * COMPARE_OFTEN)


def touch_interval_us(settings: Settings) -> int:
    """The least time between two replicated touches of one session by one node: min(idle / 20, 1 s)."""
    return min(settings.idle_us // 20, SECOND) if settings.idle_us else SECOND
