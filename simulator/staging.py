"""Builds what a scenario describes: delays, standing troubles of the network, habits. No behaviour lives here.

This and `staged_faults.py` turn the words of `scenarios` into the values of this package; done once, before a run.
"""

from collections.abc import Callable
from hashlib import blake2b
from itertools import takewhile

from scenarios import Inputs
from scenarios import faults as written
from scenarios.network import MEASURED, Lognormal
from scenarios.schema import HealthLag, Scenario, Workload
from scenarios.traffic import figures
from scenarios.zones import round_trips_us
from simulator import delays, rules
from simulator.balancer import Balancer, make_balancer
from simulator.chance import Chance
from simulator.day import Day, cut_out, drawn_day, recorded_day
from simulator.health import Health
from simulator.sites import Sites
from simulator.users import Habits, Planting
from simulator.wiring import Wiring

CLAIMED = 20
"""So many users are named by those who claim to ask for somebody else."""
KEEP_MEMBERSHIP = (
    written.Discovery,
    written.Loss,
    written.Duplicate,
    written.Reorder,
    written.Slow,
    written.Clock,
    written.Corrupt,
    written.Replay,
)
"""Faults of which no failure detector should take note."""


def delay_between(scenario: Scenario, inputs: Inputs) -> Callable[[str, str], delays.Delay]:
    """Return how to find the delay from one node to another."""
    delay = scenario.network.delay
    if inputs.matrix is not None:
        matrix = inputs.matrix
        place = {name: number for number, name in enumerate(scenario.cluster.names)}
        return lambda sender, to: delays.half_of(matrix.round_trip_us(place[sender], place[to]))
    if delay == MEASURED:
        zones = scenario.cluster.places
        rtt_us = round_trips_us(sorted(dict.fromkeys(zones.values())))
        return lambda sender, to: delays.measured(rtt_us, zones[sender], zones[to])
    if isinstance(delay, Lognormal):
        around = delays.Lognormal(delay.median, delay.sigma)
        return lambda _sender, _to: around
    fixed = delays.Fixed(int(delay))
    return lambda _sender, _to: fixed


def day_of(scenario: Scenario, inputs: Inputs, chance: Chance, length_us: int) -> Day | None:
    """Draw or take the visitors of the scenario's day, None where it has users instead.

    Args:
        scenario: says which day, and where in it the run begins.
        inputs: what was read from the scenario's files.
        chance: of the day alone.
        length_us: how long visitors may come.
    """
    workload = scenario.workload
    if workload.traffic is None:
        return None
    day = drawn_day(figures(), chance) if inputs.recording is None else recorded_day(inputs.recording, chance)
    return cut_out(day, workload.from_, workload.from_ + length_us)


def standing_rules(scenario: Scenario, chance: Chance) -> list[rules.Rule]:
    """Build what befalls messages all the time, also after every fault is undone."""
    network = scenario.network
    standing: list[rules.Rule] = []
    if network.loss:
        standing.append(rules.Lose(network.loss, chance.part("loss")))
    if network.duplicate:
        standing.append(rules.Repeat(network.duplicate, chance.part("duplicate")))
    if network.reorder:
        standing.append(rules.Reorder(network.reorder, chance.part("reorder")))
    return standing


def wiring_of(scenario: Scenario, seed: int) -> Wiring:
    """Build the keys and versions that nodes begin with: those that are to be upgraded speak the older one."""
    return Wiring(seed, [fault.upgrade for fault in scenario.faults if isinstance(fault, written.Upgrade)])


def balancer_of(scenario: Scenario, chance: Chance) -> Balancer:
    """Build the balancer, which believes no node ready yet; each of several clusters has its own before it.

    Args:
        scenario: says which kind, and how late its health check is.
        chance: the balancer's own part of the run's.
    """
    workload = scenario.workload
    lag = workload.health_lag
    up_us, down_us = (lag.up, lag.down) if isinstance(lag, HealthLag) else (lag, lag)

    def make(nodes: list[str]) -> Balancer:
        health = Health(nodes, up_us, down_us)
        return make_balancer(workload.balancer, health, chance, workload.moves, workload.moves_midway)

    groups = scenario.cluster.groups
    return Sites({tuple(nodes): make(nodes) for nodes in groups.values()}) if groups else make(scenario.cluster.names)


def _planting(hosts: tuple[str, ...], cookie: str) -> Planting:
    """Build what a host beside those of the site plants for the domain above all of them."""
    columns = zip(*(reversed(host.split(".")) for host in hosts), strict=False)
    shared = [labels[0] for labels in takewhile(lambda labels: len(set(labels)) == 1, columns)]
    site = ".".join(reversed(shared))
    return Planting(f"planted.{site}", f"{cookie}={{}}; Domain={site}; Path=/")


def may_change_membership(scenario: Scenario) -> bool:
    """Say whether any fault may have made nodes believe that others are gone."""
    return any(not isinstance(fault, KEEP_MEMBERSHIP) for fault in scenario.faults)


def habits_of(workload: Workload, host: str, cookie: str, *, revoke: bool) -> Habits:
    """Build what all users have in common; nobody revokes where the subject cannot.

    Args:
        workload: what people do.
        host: whom they ask where the workload names no hosts.
        cookie: the name of the session's cookie.
        revoke: whether the subject knows revocations.
    """
    gaps = workload.gaps
    hosts = tuple(workload.hosts or [host])
    return Habits(
        hosts=hosts,
        keys=tuple(f"k{number}" for number in range(1, workload.keys + 1)),
        think_us=workload.think,
        pages=(workload.pages[0], workload.pages[1]),
        writes=workload.writes,
        deletes=workload.deletes,
        logouts=workload.logouts,
        stale=(workload.stale[0], workload.stale[1]),
        rest_us=workload.rest,
        revokes=workload.revokes if revoke else 0,
        tabs=workload.tabs,
        open_tabs=workload.open_tabs,
        stale_writes=workload.stale_writes,
        forged=workload.forged,
        others=tuple(f"user{number}" for number in range(1, min(workload.users, CLAIMED) + 1)),
        gaps=0 if gaps is None else gaps.share,
        gap_us=(0, 0) if gaps is None else (gaps.between[0], gaps.between[1]),
        hops=workload.hops,
        planted=workload.planted,
        signs_in_at=workload.signs_in_at,
        planting=_planting(hosts, cookie) if workload.planted else None,
    )


def seed_of_a_life(seed: int, node: str, boot: int) -> str:
    """Draw the seed of one boot of one node: 64 hex digits that no other boot, node or run has (protocol, part 2)."""
    return blake2b(f"{seed}/{node}/{boot}".encode(), digest_size=32, person=b"anynode node").hexdigest()
