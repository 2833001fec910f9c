"""Builds what a scenario describes: delays, standing troubles of the network, faults, habits. No behaviour lives here.

The one place that turns the words of `scenarios` into the values of this package; done once, before a run.
"""

from collections.abc import Callable
from hashlib import blake2b
from itertools import takewhile
from typing import Any

from scenarios import Inputs
from scenarios import faults as written
from scenarios.schema import MEASURED, HealthLag, Lognormal, Scenario, Workload
from scenarios.traffic import figures
from scenarios.zones import round_trips_us
from simulator import delays, faults, lives, lookup_faults, rules, wire_faults
from simulator.balancer import Balancer, make_balancer
from simulator.chance import Chance
from simulator.day import Day, cut_out, drawn_day, recorded_day
from simulator.health import Health
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


def faults_of(scenario: Scenario) -> list[faults.Fault]:
    """Build the faults, in the order of the file."""
    return [_fault(fault, scenario.cluster.names) for fault in scenario.faults]


def _fault(fault: Any, nodes: list[str]) -> faults.Fault:
    if isinstance(fault, (written.Crash, written.Leave, written.Join, written.Pause)):
        return _life(fault)
    if isinstance(fault, written.Clock):
        drift, jump = fault.drift or 0, fault.jump or 0
        return faults.ClockOff(fault.at, fault.for_, fault.clock, offset_us=fault.offset, jump_us=jump, drift_ppm=drift)
    if isinstance(fault, (written.Partition, written.OneWay)):
        return _cut(fault, nodes)
    if isinstance(fault, written.OF_FRAMES):
        return _of_frames(fault)
    if isinstance(fault, written.Discovery):
        return lookup_faults.DiscoveryWrong(fault.at, fault.for_, fault.discovery)
    return _trouble(fault)


def _cut(fault: written.Partition | written.OneWay, nodes: list[str]) -> faults.Fault:
    """Build what parts nodes, in both directions or in one."""
    if isinstance(fault, written.Partition):
        return faults.Partition(fault.at, fault.for_, written.groups_of(fault, nodes))
    cut = [(sender, to) for sender in fault.one_way.from_ for to in fault.one_way.to]
    return faults.OneWay(fault.at, fault.for_, cut)


def _of_frames(fault: Any) -> faults.Fault:
    """Build what befalls keys, versions and frames."""
    if isinstance(fault, written.WrongKey):
        return wire_faults.WrongKey(fault.at, fault.for_, fault.wrong_key)
    if isinstance(fault, written.Upgrade):
        return wire_faults.Upgrade(fault.at, fault.for_, fault.upgrade)
    links = None if fault.links is None else [(sender, to) for sender, to in fault.links]
    if isinstance(fault, written.Corrupt):
        return wire_faults.Corrupt(fault.at, fault.for_, fault.corrupt, links)
    return wire_faults.Replay(fault.at, fault.for_, fault.replay, links)


def _life(fault: written.Crash | written.Leave | written.Join | written.Pause) -> faults.Fault:
    """Build what befalls one node's life."""
    if isinstance(fault, written.Pause):
        return faults.Pause(fault.at, fault.for_, fault.pause)
    if isinstance(fault, written.Leave):
        return lives.Leave(fault.at, fault.for_, fault.leave)
    if isinstance(fault, written.Join):
        return lives.Join(fault.at, fault.join)
    if fault.after is not None:
        return lives.CrashOnEvent(fault.crash, fault.after.event, fault.after.count, fault.for_)
    return lives.Crash(fault.at or 0, fault.for_, fault.crash)


def _trouble(fault: Any) -> faults.Fault:
    """Build what befalls messages one by one, on some links or on all."""
    links = None if fault.links is None else [(sender, to) for sender, to in fault.links]
    if isinstance(fault, written.Slow):
        return faults.Slow(fault.at, fault.for_, fault.slow, links)
    if isinstance(fault, written.Loss):
        return faults.Loss(fault.at, fault.for_, fault.loss, links)
    if isinstance(fault, written.Duplicate):
        return faults.Duplicate(fault.at, fault.for_, fault.duplicate, links)
    return faults.Reorder(fault.at, fault.for_, fault.reorder, links)


def wiring_of(scenario: Scenario, seed: int, cluster: str) -> Wiring:
    """Build the keys and versions that nodes begin with: those that are to be upgraded speak the older one."""
    return Wiring(seed, cluster, [fault.upgrade for fault in scenario.faults if isinstance(fault, written.Upgrade)])


def balancer_of(scenario: Scenario, chance: Chance) -> Balancer:
    """Build the balancer, which believes no node ready yet; `chance` is its own part of the run's."""
    workload = scenario.workload
    lag = workload.health_lag
    up_us, down_us = (lag.up, lag.down) if isinstance(lag, HealthLag) else (lag, lag)
    return make_balancer(workload.balancer, Health(scenario.cluster.names, up_us, down_us), chance, workload.moves)


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
        stale_writes=workload.stale_writes,
        forged=workload.forged,
        others=tuple(f"user{number}" for number in range(1, min(workload.users, CLAIMED) + 1)),
        gaps=0 if gaps is None else gaps.share,
        gap_us=(0, 0) if gaps is None else (gaps.between[0], gaps.between[1]),
        hops=workload.hops,
        planted=workload.planted,
        planting=_planting(hosts, cookie) if workload.planted else None,
    )


def seed_of_a_life(seed: int, node: str, boot: int) -> str:
    """Draw the seed of one boot of one node: 64 hex digits that no other boot, node or run has (protocol, part 2)."""
    return blake2b(f"{seed}/{node}/{boot}".encode(), digest_size=32, person=b"anynode node").hexdigest()
