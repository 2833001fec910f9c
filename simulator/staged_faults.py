"""Builds the faults that a scenario describes. No behaviour lives here; one line a kind of fault."""

from collections.abc import Callable, Sequence
from typing import Any

from scenarios import faults as written
from scenarios.schema import Scenario
from simulator import link_faults, lives, lookup_faults, wire_faults
from simulator.cookie_domains import CookieDomain
from simulator.faults import ClockOff, Fault, Pause, SlowNode
from simulator.rules import LinkName


def faults_of(scenario: Scenario) -> list[Fault]:
    """Build the faults, in the order of the file; one that strikes several nodes is as many."""
    nodes = scenario.cluster.names
    return [built for fault in scenario.faults for built in _built(fault, nodes)]


def _built(fault: Any, nodes: list[str]) -> list[Fault]:
    if isinstance(fault, written.Crash):
        return [_crash(fault, node) for node in written.crashed(fault, nodes)]
    if isinstance(fault, written.Partition):
        return [_partition(fault, nodes)]
    return [_MADE[type(fault)](fault)]


def _crash(fault: written.Crash, node: str) -> Fault:
    """Build the crash of one of those whom the entry names."""
    if fault.after is not None:
        return lives.CrashOnEvent(node, fault.after.event, fault.after.count, fault.for_)
    return lives.Crash(fault.at or 0, fault.for_, node)


def _partition(fault: written.Partition, nodes: list[str]) -> Fault:
    flaps = None if fault.flapping is None else (fault.flapping.cut, fault.flapping.open)
    if fault.partition == written.RING:
        return link_faults.CutLinks(fault.at, fault.for_, written.ring_cuts(nodes), flaps)
    return link_faults.Partition(fault.at, fault.for_, written.groups_of(fault, nodes), flaps)


def _one_way(fault: written.OneWay) -> Fault:
    cut = [(sender, to) for sender in fault.one_way.from_ for to in fault.one_way.to]
    return link_faults.CutLinks(fault.at, fault.for_, cut)


def _clog(fault: written.Clog) -> Fault:
    if isinstance(fault.clog, str):
        return link_faults.Clog(fault.at, fault.for_, fault.clog)
    return link_faults.Clog(fault.at, fault.for_, "", _pairs(fault.clog))


def _clock(fault: written.Clock) -> Fault:
    drift, jump = fault.drift or 0, fault.jump or 0
    return ClockOff(fault.at, fault.for_, fault.clock, offset_us=fault.offset, jump_us=jump, drift_ppm=drift)


def _links(fault: Any) -> list[LinkName] | None:
    return None if fault.links is None else _pairs(fault.links)


def _pairs(links: Sequence[Sequence[str]]) -> list[LinkName]:
    return [(sender, to) for sender, to in links]


_MADE: dict[type, Callable[[Any], Fault]] = {
    written.OneWay: _one_way,
    written.Clog: _clog,
    written.Clock: _clock,
    written.Leave: lambda fault: lives.Leave(fault.at, fault.for_, fault.leave),
    written.Join: lambda fault: lives.Join(fault.at, fault.join),
    written.Pause: lambda fault: Pause(fault.at, fault.for_, fault.pause),
    written.SlowNode: lambda fault: SlowNode(fault.at, fault.for_, fault.slow_node, fault.by),
    written.Loss: lambda fault: link_faults.Loss(fault.at, fault.for_, fault.loss, _links(fault)),
    written.Duplicate: lambda fault: link_faults.Duplicate(fault.at, fault.for_, fault.duplicate, _links(fault)),
    written.Reorder: lambda fault: link_faults.Reorder(fault.at, fault.for_, fault.reorder, _links(fault)),
    written.Slow: lambda fault: link_faults.Slow(fault.at, fault.for_, fault.slow, _links(fault)),
    written.Bandwidth: lambda fault: link_faults.Bandwidth(
        fault.at, fault.for_, fault.bandwidth, fault.queue, _links(fault)
    ),
    written.Corrupt: lambda fault: wire_faults.Corrupt(fault.at, fault.for_, fault.corrupt, _links(fault)),
    written.Replay: lambda fault: wire_faults.Replay(fault.at, fault.for_, fault.replay, _links(fault)),
    written.Discovery: lambda fault: lookup_faults.DiscoveryWrong(fault.at, fault.for_, fault.discovery),
    written.WrongKey: lambda fault: wire_faults.WrongKey(fault.at, fault.for_, fault.wrong_key),
    written.Upgrade: lambda fault: wire_faults.Upgrade(fault.at, fault.for_, fault.upgrade),
    written.CookieDomain: lambda fault: CookieDomain(fault.at, fault.for_, fault.cookie_domain, fault.becomes),
}
