"""Several clusters side by side in one history: each is judged as if it were alone, and the findings are put together.

What one cluster's sessions are asked of another is left out of both: that is the business of `separation`, which looks
at the whole.
"""

from collections.abc import Mapping

from msgspec import structs

from conformance.history import LOGIN, OK, Fault, History
from conformance.verdict import VIOLATED, Finding, worst_of


def parts_of(history: History) -> dict[str, History]:
    """Make a history of each cluster by its name; none of a history of one cluster. O(operations · clusters)."""
    began = {one.session: one.node for one in history.operations if one.op == LOGIN and one.outcome == OK}
    return {
        name: _part(history, dict.fromkeys(nodes), {session for session, node in began.items() if node in nodes})
        for name, nodes in history.header.clusters.items()
    }


def _part(history: History, nodes: Mapping[str, None], own: set[str | None]) -> History:
    kept = [
        position
        for position, one in enumerate(history.operations)
        if one.node in nodes and (one.session is None or one.session in own)
    ]
    unasked = set(history.unasked)
    faults = [(_within(fault, nodes), line) for fault, line in zip(history.faults, history.fault_lines, strict=True)]
    felt = [(fault, line) for fault, line in faults if fault is not None]
    return structs.replace(
        history,
        header=structs.replace(history.header, nodes=list(nodes), clusters={}),
        operations=[history.operations[position] for position in kept],
        lines=[history.lines[position] for position in kept],
        faults=[fault for fault, _ in felt],
        fault_lines=[line for _, line in felt],
        readies=[ready for ready in history.readies if ready.ready in nodes],
        unreadies=[unready for unready in history.unreadies if unready.unready in nodes],
        clocks=[clock for clock in history.clocks if clock.clock in nodes],
        unasked=[place for place, position in enumerate(kept) if position in unasked],
    )


def _within(fault: Fault, nodes: Mapping[str, None]) -> Fault | None:
    """Leave of a fault what befell these nodes; None where it befell others alone, which is to excuse nothing here."""
    groups = None if fault.groups is None else [[one for one in group if one in nodes] for group in fault.groups]
    links = None if fault.links is None else [link for link in fault.links if all(end in nodes for end in link)]
    touched = [node for node in fault.nodes if node in nodes]
    if groups is not None and sum(map(bool, groups)) < 2:  # noqa: PLR2004 - all that are here are on one side
        return None
    if (fault.nodes and not touched) or (fault.links and not links):
        return None
    return structs.replace(fault, nodes=touched, groups=groups and [group for group in groups if group], links=links)


def together(findings: Mapping[str, Finding]) -> Finding:
    """Make one finding of what a check says of each cluster: the worst of those that found something to judge.

    Args:
        findings: by cluster.
    """
    word = worst_of((one.verdict for one in findings.values()), one_suffices=True)
    worst = next(name for name, one in findings.items() if one.verdict == word)
    found = findings[worst]
    seen = "; ".join(f"{name}: {one.seen}" for name, one in findings.items())
    if found.verdict == VIOLATED:
        seen = f"in cluster {worst}, {found.seen}"
    return structs.replace(
        found,
        judged=sum(one.judged for one in findings.values()),
        violations=sum(one.violations for one in findings.values()),
        seen=seen,
        figures={f"{name}_{key}": value for name, one in findings.items() for key, value in one.figures.items()},
    )
