"""False death: nobody holds a node for dead that has long been up."""

from conformance.checks.findings import Convictions, at, conclude, counted, seconds
from conformance.checks.index import Index
from conformance.checks.presence import Presence, undisturbed, views
from conformance.history import CLUSTER, Operation
from conformance.verdict import Finding

NAME = "false_death"
REQUIREMENTS = ["REQ-MEMB-9", "REQ-FAIL-3", "REQ-FAIL-6"]
NEEDS = "members"


def false_death(index: Index) -> Finding:
    """Find views that hold the living for dead (REQ-MEMB-9, REQ-FAIL-3, REQ-FAIL-6).

    Convicts an answer to /members that lacks a node which was up, as the answering node was, for `detect + converge`
    before it was asked (protocol, part 4): suspected wrongly, returned and not taken in again, or never met. A node is
    up from its ready on, until it crashes, leaves, or says that it is not ready. The answering node must name itself
    too. That a view holds the dead for alive is the business of membership.

    Excused: a cut or a pause of anybody from that long before until the answer. A node of which no ready is told is not
    known to be up. Unknown outcomes: only answers count; a view that nobody heard proves nothing.

    Judged: pairs of a view and a node that had to be in it. Not tested without the feature `members`; with
    `store: local` not promised. Cost: O(n log n), and O(nodes log n) a view. Source: Das, Gupta and Motivala, "SWIM"
    (2002), section 2: accuracy, the rate of false failure detections.
    """
    due_us = index.contract.detect_us + index.contract.converge_us
    presence, convictions = Presence(index.history), Convictions()
    judged = 0
    latest: dict[str, Operation] = {}  # by node: its own answer says best that it was up
    for view in views(index):
        latest[view.node] = view
        begin = view.asked - due_us
        if not presence.up(view.node, begin, view) or not undisturbed(index, view, due_us):
            continue
        for node in index.header.nodes:
            if not presence.up(node, begin, view):
                continue
            judged += 1
            if node in (view.members or ()):
                continue
            lives = [latest[node]] if node in latest and latest[node] is not view else []
            text = "{} lacks {}, which had been up for {}" + (", as {} shows" if lives else "")
            convictions.add((*lives, view), text, at(view), node, seconds(due_us), *map(at, lives))
    return conclude(
        index,
        NAME,
        REQUIREMENTS,
        f"Nobody holds a node for dead that was up, uncut and unpaused for {seconds(due_us)}.",
        convictions,
        needs=NEEDS,
        judged=judged,
        held=f"{counted(judged, 'time')} a node that was up stood in a view",
        promised=index.header.store == CLUSTER,
    )
