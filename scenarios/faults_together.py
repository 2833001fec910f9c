"""What entries under `faults:` must not say: nodes that do not exist, times outside of the run, contradictions.

The models are in `faults_of_links.py` and `faults_of_nodes.py`.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from scenarios.durations import MILLION, write_duration
from scenarios.faults_of_links import (
    REST,
    RING,
    RING_LEAST,
    TOO_LATE_US,
    Bridge,
    Clog,
    Corrupt,
    Isolate,
    Loss,
    OneWay,
    Partition,
    Slow,
    named_in,
)
from scenarios.faults_of_nodes import (
    ALL,
    ANSWERING,
    Clock,
    CookieDomain,
    Crash,
    Discovery,
    Join,
    Leave,
    Pause,
    SlowNode,
    Upgrade,
    WrongKey,
    crashed,
)


def refuse_nonsense(faults: list[Any], nodes: list[str], duration_us: int) -> None:
    """Check what one entry alone cannot tell: that nodes exist, times lie within the run, and no two contradict.

    Args:
        faults: the entries, in the order of the file.
        nodes: every node of the cluster.
        duration_us: when users stop and every fault is undone, µs.

    Raises:
        ValueError: naming the entry, what was found and what to write.
    """
    for index, fault in enumerate(faults):
        place = f"faults[{index}]"
        _refuse_times(fault, place, duration_us)
        _refuse_links(fault, place)
        for key, node in _named(fault):
            if node not in nodes:
                raise ValueError(f"{place}.{key} names the node '{node}', {_only(nodes)}")
        check = _RULES.get(type(fault))
        if check is not None:
            check(fault, place, nodes)
    _refuse_overlaps(faults, nodes)
    _refuse_second_times(faults)
    spans = [span for fault in faults for span in _away(fault, nodes)]
    if len({node for node, _, end in spans if end is None}) == len(nodes):
        raise ValueError("faults crash every node for ever, so that nobody is left to judge; give one a `for`")
    if len(joining(faults)) == len(nodes):
        raise ValueError("faults let every node join later, so that nobody is there at the start; leave one out")


def joining(faults: list[Any]) -> list[str]:
    """Name the nodes that are not there at the start."""
    return [fault.join for fault in faults if isinstance(fault, Join)]


def _only(nodes: list[str]) -> str:
    if len(nodes) == 1:
        return "but the cluster has only n1; write n1, or more `cluster.nodes`"
    return f"but the cluster has n1 to {nodes[-1]}; write one of them"


def _refuse_times(fault: Any, place: str, duration_us: int) -> None:
    end = write_duration(duration_us)
    if fault.at is not None and fault.at >= duration_us:
        raise ValueError(
            f"{place}.at is {write_duration(fault.at)}, but the run's faults end at {end} (`duration`); "
            "strike earlier or lengthen `duration`"
        )
    if fault.at is not None and fault.for_ is not None and fault.at + fault.for_ > duration_us:
        raise ValueError(
            f"{place} lasts until {write_duration(fault.at + fault.for_)}, but everything heals at {end} (`duration`); "
            f"write for: {write_duration(duration_us - fault.at)} or lengthen `duration`"
        )


def _refuse_links(fault: Any, place: str) -> None:
    links = getattr(fault, "links", None)
    if links == []:
        raise ValueError(
            f"{place}.links is [], so that nothing happens; write [[n1, n2]], or take `links` away for all"
        )
    for sender, to in links or []:
        if sender == to:
            raise ValueError(f"{place}.links has '{to}' at both ends, but a node always reaches itself; name two")


_NAMES: dict[type, tuple[str, str]] = {
    Leave: ("leave", "leave"),
    Join: ("join", "join"),
    Pause: ("pause", "pause"),
    SlowNode: ("slow-node", "slow_node"),
    Clock: ("clock", "clock"),
    WrongKey: ("wrong-key", "wrong_key"),
    Upgrade: ("upgrade", "upgrade"),
    CookieDomain: ("cookie-domain", "cookie_domain"),
}
"""By kind of fault that names one node: the key that names it, and the field."""


def _named(fault: Any) -> list[tuple[str, str]]:
    """List the nodes that a fault names, each with the key under which it does."""
    if type(fault) in _NAMES:
        key, name = _NAMES[type(fault)]
        return [(key, getattr(fault, name))]
    if isinstance(fault, (Partition, OneWay)):
        parted = named_in(fault) if isinstance(fault, Partition) else [*fault.one_way.from_, *fault.one_way.to]
        return [("partition" if isinstance(fault, Partition) else "one-way", node) for node in parted]
    if isinstance(fault, Crash):
        named = [] if fault.crash in (ANSWERING, ALL) else [("crash", fault.crash)]
        return named if fault.but is None else [*named, ("but", fault.but)]
    if isinstance(fault, Clog):
        ends = [fault.clog] if isinstance(fault.clog, str) else [node for link in fault.clog for node in link]
        return [("clog", node) for node in ends]
    return [] if isinstance(fault, Discovery) else [("links", node) for link in fault.links or [] for node in link]


def _refuse_partition(fault: Partition, place: str, nodes: list[str]) -> None:
    form, flapping = fault.partition, fault.flapping
    if flapping is not None and flapping.cut >= fault.for_:
        raise ValueError(
            f"{place}.flapping cuts for {write_duration(flapping.cut)} of {write_duration(fault.for_)}, "
            "so that nothing opens; take `flapping` away, or write a longer `for`"
        )
    if isinstance(form, list):
        _refuse_groups(form, place, nodes)
        return
    least = RING_LEAST if form == RING else 3 if isinstance(form, Bridge) else 2
    if len(nodes) < least:
        name = "bridge" if isinstance(form, Bridge) else "isolate" if isinstance(form, Isolate) else form
        raise ValueError(f"{place}.partition is {name}, which needs {least} nodes; write cluster: {{nodes: {least}}}")


def _refuse_groups(groups: list[list[str]], place: str, nodes: list[str]) -> None:
    seen: list[str] = []
    for group in groups:
        for node in group:
            if node in seen:
                raise ValueError(f"{place}.partition names '{node}' twice; a node stands in one group")
            seen.append(node)
    missing = [node for node in nodes if node not in seen]
    if REST in seen and not missing:
        raise ValueError(f"{place}.partition leaves nobody for rest; take the word away")
    if REST not in seen and missing:
        raise ValueError(f"{place}.partition leaves out {', '.join(missing)}; name them, or add the word rest")


def _refuse_one_way(fault: OneWay, place: str, nodes: list[str]) -> None:  # noqa: ARG001 - one shape for all rules
    both = [node for node in fault.one_way.from_ if node in fault.one_way.to]
    if both:
        raise ValueError(
            f"{place}.one-way has '{both[0]}' at both ends, but a node always reaches itself; name it once"
        )


def _refuse_crash(fault: Crash, place: str, nodes: list[str]) -> None:  # noqa: ARG001 - one shape for all rules
    if (fault.at is None) == (fault.after is None):
        found = "neither `at` nor `after`" if fault.at is None else "both `at` and `after`"
        raise ValueError(f"{place} has {found}; write at: 60s, or after: {{event: write, count: 100}}")
    if fault.at is not None and fault.crash == ANSWERING:
        raise ValueError(f"{place}.crash is answering, but nobody answers at an instant; write after: {{event: …}}")
    if fault.but is not None and fault.crash != ALL:
        raise ValueError(f"{place} spares '{fault.but}' of one node; write crash: all, but: {fault.but}")
    if fault.crash == ALL and fault.but is None and fault.for_ is None:
        raise ValueError(f"{place} crashes every node for ever, so that nobody is left to judge; write for: 10s")


def _refuse_clog(fault: Clog, place: str, nodes: list[str]) -> None:  # noqa: ARG001 - one shape for all rules
    for link in fault.clog if isinstance(fault.clog, list) else []:
        if link[0] == link[1]:
            raise ValueError(f"{place}.clog has '{link[0]}' at both ends, but a node always reaches itself; name two")


def _refuse_all(fault: Loss | Corrupt, place: str, nodes: list[str]) -> None:  # noqa: ARG001 - one shape for all rules
    """Refuse a cut that is written as a share: a store that notices it would be held to account for that."""
    key, share = ("loss", fault.loss) if isinstance(fault, Loss) else ("corrupt", fault.corrupt)
    if share == MILLION:
        raise ValueError(
            f"{place}.{key} is 100%, which is a cut; write partition: [[n1], rest], or "
            "one-way: {from: [n1], to: [n2]}"
        )


def _refuse_clock(fault: Clock, place: str, nodes: list[str]) -> None:  # noqa: ARG001 - one shape for all rules
    if fault.offset is None and fault.jump is None and fault.drift is None:
        raise ValueError(f"{place} does nothing to the clock; write offset: 400ms, jump: -900ms or drift: 200ppm")
    if fault.offset is not None and fault.jump is not None:
        raise ValueError(f"{place} has both `offset` and `jump`, which both set the clock; write one of them")


_RULES: dict[type, Callable[[Any, str, list[str]], None]] = {
    Partition: _refuse_partition,
    OneWay: _refuse_one_way,
    Clog: _refuse_clog,
    Loss: _refuse_all,
    Corrupt: _refuse_all,
    Crash: _refuse_crash,
    Clock: _refuse_clock,
}


def _refuse_overlaps(faults: list[Any], nodes: list[str]) -> None:
    """A node that is not up cannot crash or pause, one that pauses cannot either, and a clock is wrong in one way.

    A clock that nothing but the healing sets right may be set again. A node is slow by one length at a time.
    """
    processes: dict[str, list[_Span]] = {}
    clocks: dict[str, list[_Span]] = {}
    slow: dict[str, list[_Span]] = {}
    for index, fault in enumerate(faults):
        for node, begin, ended in _away(fault, nodes):
            processes.setdefault(node, []).append((begin, ended, index))
        if isinstance(fault, Clock):
            clocks.setdefault(fault.clock, []).append((fault.at, fault.at + (fault.for_ or 0), index))
        elif isinstance(fault, SlowNode):
            slow.setdefault(fault.slow_node, []).append((fault.at, fault.at + fault.for_, index))
    for node, found in processes.items():
        _refuse_overlap(f"strikes '{node}'", "it", found)
    for node, found in clocks.items():
        _refuse_overlap(f"sets the clock of '{node}'", "it wrong", found)
    for node, found in slow.items():
        _refuse_overlap(f"slows '{node}' down", "it slow", found)


def refuse_lateness(faults: list[Any], usual_us: int) -> None:
    """Refuse that messages come so late that they might as well not: what adds up to that counts as much as one fault.

    Args:
        faults: the entries, in the order of the file.
        usual_us: how long a message takes where nothing slows it down, µs.

    Raises:
        ValueError: naming the entry with which it is too late, and how long a message takes by then.
    """
    slow = [(index, fault) for index, fault in enumerate(faults) if isinstance(fault, Slow)]
    for index, fault in slow:
        at_once = [
            other for _, other in slow if other.at <= fault.at < other.at + other.for_ and _share_a_link(other, fault)
        ]
        takes = usual_us + sum(other.slow for other in at_once)
        if takes >= TOO_LATE_US:
            raise ValueError(
                f"faults[{index}].slow is {write_duration(fault.slow)}, with which messages take "
                f"{write_duration(takes)}; what takes {write_duration(TOO_LATE_US)} comes after all must agree, so "
                "write less, clog: n1 for what comes late, or partition: [[n1], rest]"
            )


def _share_a_link(one: Slow, other: Slow) -> bool:
    return one.links is None or other.links is None or any(link in other.links for link in one.links)


def _refuse_second_times(faults: list[Any]) -> None:
    """A node speaks the newer version from then on, and knows one domain of before: neither is changed twice."""
    upgraded: list[str] = []
    changed: list[str] = []
    for index, fault in enumerate(faults):
        if isinstance(fault, Upgrade):
            if fault.upgrade in upgraded:
                raise ValueError(f"faults[{index}] upgrades '{fault.upgrade}' again; write leave: {fault.upgrade}")
            upgraded.append(fault.upgrade)
        elif isinstance(fault, CookieDomain):
            node = fault.cookie_domain
            if node in changed:
                raise ValueError(f"faults[{index}] changes the cookie's domain of '{node}' again; write leave: {node}")
            changed.append(node)


def _away(fault: Any, nodes: list[str]) -> list[tuple[str, int, int | None]]:
    """Tell which nodes a fault keeps from working, from when and until when (None: for ever)."""
    if isinstance(fault, Join):
        return [(fault.join, 0, fault.at)]
    if isinstance(fault, (Crash, Leave, Pause, WrongKey, Upgrade, CookieDomain)) and fault.at is not None:
        struck = crashed(fault, nodes) if isinstance(fault, Crash) else [node for _, node in _named(fault)]
        return [(node, fault.at, None if fault.for_ is None else fault.at + fault.for_) for node in struck]
    return []


_Span = tuple[int, int | None, int]
"""When a fault begins and ends (None: never), and its place in the file."""


def _refuse_overlap(strikes: str, what: str, spans: list[_Span]) -> None:
    """Refuse a fault that begins before the one before it has ended."""
    spans.sort(key=lambda span: (span[0], span[2]))
    for (begin, end, index), (later, _, other) in pairwise(spans):
        if end is None or later < end:
            until = "for ever" if end is None else f"until {write_duration(end)}"
            raise ValueError(
                f"faults[{other}] {strikes} at {write_duration(later)}, but faults[{index}] holds {what} from "
                f"{write_duration(begin)} {until}; let one end before the other begins"
            )
