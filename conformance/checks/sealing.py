"""Sealing: what no node sent so, no node takes for real."""

from msgspec import to_builtins

from conformance.checks.findings import Convictions, conclude, counted, seconds
from conformance.checks.index import Index
from conformance.verdict import VIOLATED, Evidence, Finding

NAME = "sealing"
REQUIREMENTS = ["REQ-SEC-4", "REQ-SEC-8"]


def sealing(index: Index) -> Finding:
    """Find frames that were changed on their way, or played back, and taken all the same (REQ-SEC-4, REQ-SEC-8).

    The world makes such frames itself (`corrupt`, `replay`), knows each, and counts which of them a node took a message
    from: no client sees that, since a store may well bear it. Convicts every such frame. A recording is one of a frame
    that had arrived; so whoever takes it has taken it twice.

    Excused: nothing. Judged: the frames that the world changed or played back; none where nodes send none of ours.
    Cost: O(faults).
    """
    history = index.history
    judged = taken = 0
    convicted: list[Evidence] = []
    seen = ""
    for position, fault in enumerate(history.faults):
        if fault.taken is None:
            continue
        judged += fault.touched
        taken += fault.taken
        if fault.taken and not convicted:
            line = history.fault_lines[position] if history.fault_lines else 0
            convicted = [Evidence(fault.fault, line, to_builtins(fault))]
            of = f"{fault.taken:,} of {counted(fault.touched, 'frame')}"
            seen = f"{of} that the fault {fault.fault} made from {seconds(fault.begin)} on were taken for real"
    finding = conclude(
        index,
        NAME,
        REQUIREMENTS,
        "A frame that was changed on its way, or has come before, is refused.",
        Convictions(),
        judged=judged,
        held=f"{counted(judged, 'frame')} that no node had sent so were refused",
        figures={"taken": taken},
    )
    if convicted:
        finding.verdict, finding.violations, finding.evidence, finding.seen = VIOLATED, taken, convicted, seen
    return finding
