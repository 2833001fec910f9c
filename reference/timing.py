"""How long things take, computed from the membership profile and the size of the cluster: pure arithmetic.

The bounds of the store's contract (`detect_us`, `converge_us`) are derived here, so that a verdict can cite a formula
and not a number typed in by hand.
"""

from math import log, log10

from reference.settings import MILLISECOND, SECOND, Settings, Timing

RESEND = 500 * MILLISECOND
"""A copy that is not acknowledged is sent again after this, later than the slowest round trip between regions (0.33 s)
even with a tick off it; six times fit into `converge_us`, so that one copy in a million misses it at 10 % loss."""
RESEND_TICK = 100 * MILLISECOND
"""Sent again at the turn of one of these: a node that nobody answers wakes ten times a second, not for every copy."""
SILENT_AFTER = 4
"""After so many tries a member is silent: of all that it misses only one copy is sent again, until it answers."""
TRIES = 40
"""After so many (20 s) digests must tell what a silent member missed; one that is dead is known for dead by then."""
ROUND_TRIP = 350 * MILLISECOND
"""The slowest round trip between regions (0.33 s) and a little for the nodes themselves."""
ROUND_STEPS = 5
"""Round trips of one comparison that finds differences: three levels of branches, a listing, the records."""
COMPARE_OFTEN = 1 * SECOND
"""Pause between two comparisons of digests after one that found a difference or after a change of view."""
COMPARE_SELDOM = 8 * SECOND
"""The longest pause, reached by doubling while comparisons find nothing."""
SUSPICION_MAX = 6
"""So many times longer than at least a suspicion lasts that nobody else confirms (memberlist)."""
PROBED_WITHIN = 30
"""Rounds within which three members at least have probed a given one, in a cluster of any size: each does so in one of
n - 1 rounds, so that fewer have with a probability of 481/e^30, about 5 in 10^11."""
PUSH_PULL_UNSCALED = 32
"""Up to so many members the full views are exchanged once an interval; each doubling adds one (memberlist)."""
COMPARED_AT_ONCE = 16
"""With so many members a node compares at most when it joins or its view changes; each of them does so too."""
GENERATIONS = 3
"""How often what one node alone holds is passed on in a larger cluster: 16 members, 16 of each, and the rest (490)."""
SETTLING = 1 * SECOND
"""Changes younger than this are left out of digests: most are still on their way and would look like differences."""


def resend_at(now: int) -> int:
    """Return when a copy that is sent now, µs of the monotonic clock, is sent again if nobody acknowledges it."""
    return (now + RESEND) // RESEND_TICK * RESEND_TICK


def solo_after_us(timing: Timing) -> int:
    """After how long without a word from any member a node acknowledges alone: 3 s with memberlist's LAN values.

    Three probe intervals: with everything in order a node hears the answer to its own probe in each.
    """
    return 3 * timing.probe_interval


def suspicion_timeout(timing: Timing, members: int) -> int:
    """Microseconds between suspicion and death at least: multiplier · max(1, log10 n) · probe interval (memberlist)."""
    thousandths = max(1_000, int(log10(max(1, members)) * 1_000))
    return timing.suspicion_multiplier * timing.probe_interval * thousandths // 1_000


def shrunk_timeout(least: int, confirmations: int, needed: int) -> int:
    """Compute how long a suspicion lasts that so many others have confirmed (Lifeguard, section IV-B).

    Args:
        least: how long it lasts at least, µs.
        confirmations: how many others have waited for the member in vain.
        needed: how many must for the shortest time; where nobody else can confirm, that is the time at once.

    Returns:
        From six times the least, without any, down to the least; each confirmation takes less off than the one before.
    """
    if confirmations >= needed:
        return least
    most = SUSPICION_MAX * least
    thousandths = int(log(confirmations + 1) / log(needed + 1) * 1_000)
    return most - (most - least) * thousandths // 1_000


def push_pull_us(timing: Timing, members: int) -> int:
    """Pause between two exchanges of full views by one node, µs: each costs as much as the cluster is large."""
    doublings = max(0, (max(1, members) - 1).bit_length() - PUSH_PULL_UNSCALED.bit_length() + 1)
    return timing.push_pull_interval * (1 + doublings)


def retransmissions(timing: Timing, members: int) -> int:
    """How often a rumour is told by one node: multiplier · ceil(log10(n + 1)) (memberlist)."""
    return timing.retransmit_multiplier * len(str(max(1, members)))


def detect_us(settings: Settings, members: int) -> int:
    """Within how many microseconds a crash, and the return of a member, is known to all.

    A shuffled round-robin probes every member at least once in 2n - 1 intervals (SWIM, section 4.3), and in a large
    cluster three of the others do so much sooner; one interval more for the probe to go unanswered, what the timeout
    leaves of another for helpers to ask in vain, the suspicion, which as many have confirmed by then as it takes, and
    the rumour's rounds of gossip. A member that was cut off is contacted again within one discovery interval; three
    messages tell both sides, and each other member that one side holds for dead refutes within a few gossip rounds. The
    longer of the two counts.
    """
    timing = settings.timing
    gossip = timing.gossip_interval * retransmissions(timing, members)
    helpers = timing.probe_interval - timing.probe_timeout
    probed = min(2 * members, PROBED_WITHIN) * timing.probe_interval
    death = probed + helpers + suspicion_timeout(timing, members) + gossip
    contact = settings.poll_us + 2 * ROUND_TRIP + 2 * gossip
    return max(death, contact)


def converge_us(_settings: Settings, members: int) -> int:
    """Within how many microseconds an answered change is on every member that is in reach.

    The longest of three ways on which a change arrives: a copy that is lost at random is sent again, six times in all;
    a member out of reach for longer answers the next knock, and a comparison begins; after a change of view every
    member is compared with, one after another: one comparison finds what differs, the others take a round trip. Of a
    large cluster a node compares with some, who do the same.
    """
    resending = 6 * RESEND
    reaching = RESEND + ROUND_TRIP + ROUND_STEPS * ROUND_TRIP
    generations = 1 if members - 1 <= COMPARED_AT_ONCE else GENERATIONS
    comparing = (ROUND_STEPS + max(0, min(members - 2, COMPARED_AT_ONCE))) * ROUND_TRIP * generations
    return max(resending, reaching, comparing)


def touch_interval_us(settings: Settings) -> int:
    """The least time between two replicated touches of one session by one node: min(idle / 20, 1 s).

    None where a node shares its sessions with nobody: a touch costs no message there.
    """
    if not settings.shared:
        return 0
    return min(settings.idle_us // 20, SECOND) if settings.idle_us else SECOND
