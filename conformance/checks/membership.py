"""Membership: whoever is gone for long is in no view, and views of one time are one view."""

from conformance.checks.findings import Convictions, at, conclude, counted, seconds
from conformance.checks.index import Index, answered
from conformance.checks.presence import Presence, undisturbed, views
from conformance.history import CLUSTER, Operation
from conformance.verdict import Finding

NAME = "membership"
REQUIREMENTS = ["REQ-MEMB-4", "REQ-MEMB-5"]
NEEDS = "members"


def membership(index: Index) -> Finding:
    """Find views that name the dead, and views of one time that differ (REQ-MEMB-4, REQ-MEMB-5).

    Convicts an answer to /members that names a node which had been gone for `detect + converge` before it was asked;
    and two such answers that differ although nothing was done to any node from so long before the first to the answer
    of the second. Whether a view lacks somebody who was up is the business of false_death, so what the two differ in
    convicts only where the history tells of that node neither that it came nor that it went.

    Excused: a cut or a pause of anybody in that time, and what a node says that has not been up for as long. A node
    that takes its time to stop in good order is gone 120 s after it was told to. Unknown outcomes: only answers count.

    Judged: views that were compared with another, or in whose time a node was gone. Not tested without the feature
    `members`; with `store: local` not promised. Cost: O(n log n), and O(nodes log n) a view. Source: Das, Gupta and
    Motivala, "SWIM" (2002), section 2: completeness.
    """
    due_us = index.contract.detect_us + index.contract.converge_us
    history = index.history
    presence, convictions = Presence(history), Convictions()
    judged = gone = 0
    begun = min((*(o.asked for o in history.operations), *(ready.t for ready in history.readies)), default=0)
    first: Operation | None = None  # of the views since something changed
    for view in views(index):
        begin = view.asked - due_us
        alive = view.node not in presence.told or presence.up(view.node, begin, view)
        if not alive or not undisturbed(index, view, due_us):
            continue
        absent = [node for node in index.header.nodes if presence.gone(node, begin, view.asked)]
        gone += len(absent)
        for node in absent:
            if node in (view.members or ()):
                text = "{} names {}, which had been gone for {}"
                convictions.add((view,), text, at(view), node, seconds(due_us))
        if first is None or index.timeline.changed_within(first.asked - due_us, answered(view)):
            judged += bool(absent)
            settled = begin >= begun and not index.timeline.changed_within(begin, answered(view))
            first = view if settled else None
            continue
        judged += 1
        if differing := sorted(name for name in _in_one_alone(first, view) if name not in presence.told):
            text = "{} and {} differ in {}, and nothing had happened to any node for {}"
            convictions.add((first, view), text, at(first), at(view), ", ".join(differing), seconds(due_us))
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"Every node's view holds nobody who was gone for {seconds(due_us)}, and is that of the others.",
        convictions,
        needs=NEEDS,
        judged=judged,
        held=f"{counted(judged, 'view')} agreed and held none of the dead; {counted(gone, 'time')} a node was gone",
        promised=index.header.store == CLUSTER,
        figures={"gone": gone},
    )


def _in_one_alone(one: Operation, other: Operation) -> set[str]:
    return set(one.members or ()) ^ set(other.members or ())
