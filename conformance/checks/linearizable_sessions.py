"""Linearizability of sessions, on request: each key of each session is one register."""

from operator import attrgetter

from conformance.checks.findings import Convictions, at, conclude_where_promised, counted
from conformance.checks.index import Index, Session, answered
from conformance.checks.linearizability import MODELS, NEVER, Call, Judgement, linearizable
from conformance.checks.linearizability.judging import BUDGET
from conformance.checks.whole_session import Promise, took_part
from conformance.history import DELETE, READ, UNKNOWN, WRITE, Operation, token
from conformance.verdict import NOT_PROMISED, VIOLATED, Finding
from conformance.verdict import UNKNOWN as UNDECIDED

NAME = "linearizability"
REQUIREMENTS = ["REQ-ROUT-1", "REQ-ROUT-7"]

_REGISTER = MODELS["register"]


def linearizability(index: Index) -> Finding:
    """Find keys whose reads and writes no single copy can have answered (REQ-ROUT-1, REQ-ROUT-7).

    A register for each key of each session, absent at first; a write puts its value there, a delete makes it absent,
    and each seems to happen at one instant between asked and answered. Where no key was deleted, written values are
    unique and zones decide in O(n log n); else a search does, on one budget of model steps for the whole history. What
    the budget leaves undecided makes the verdict `unknown`, never a pass.

    Promised with routing, or where one node in one life served the session, to keys that nothing disturbed from the
    first of their operations to the last; elsewhere not promised, with the number of contradictions as a figure.
    Unknown outcomes: such a write or delete happened at any time from its asking on, or never. Left out: what was
    denied or refused, peeks and observers' reads, and that a session begins and ends: what a session answers after its
    end is no_resurrection's, one that is gone durability's.

    Judged: keys. Cost: O(n log n) a key in the n operations of its session without deletes, exponential at worst and
    bounded by the budget with them. Sources: Herlihy and Wing, "Linearizability" (1990); Gibbons and Korach (1997) for
    zones; Wing and Gong (1993) with Lowe's memo (2017) for the search.
    """
    judge = _Judge(index)
    for session in index.sessions.values():
        if session.login is not None:
            judge.session(session)
    finding = conclude_where_promised(
        index,
        NAME,
        REQUIREMENTS,
        "With routing, or on one node throughout, every key of a session behaves as one copy.",
        judge.convictions,
        promised=judge.promised,
        met=judge.keys,
        kept=f"{counted(judge.promised, 'key')} to which it is promised behaved as one copy each",
        seen=f"{judge.contradicted:,} of {counted(judge.keys, 'key')} contradicted one copy",
        figures={
            "keys": judge.keys,
            "keys_promised": judge.promised,
            "keys_contradicted": judge.contradicted,
            "keys_undecided": judge.undecided,
            "steps": judge.steps,
        },
    )
    if judge.undecided and finding.verdict not in (VIOLATED, NOT_PROMISED):
        finding.verdict = UNDECIDED
        finding.seen = f"{counted(judge.undecided, 'key')} undecided when the budget of {BUDGET:,} steps was used up"
    return finding


class _Judge:
    """Judges key by key, and counts."""

    def __init__(self, index: Index) -> None:
        self._promise = Promise(index)
        self.convictions = Convictions()
        self.keys = self.promised = self.contradicted = self.undecided = self.steps = 0

    def session(self, session: Session) -> None:
        """Judge the keys of one session."""
        taking_part = [o for o in session.operations if took_part(o) or _may_have_deleted(o)]
        reads = [o for o in taking_part if o.op == READ]
        by_key: dict[str, list[Operation]] = {}
        for update in taking_part:
            if update.key is not None:
                by_key.setdefault(update.key, []).append(update)
        for name, updates in by_key.items():
            if reads:
                self._key(session, name, [*updates, *reads])

    def _key(self, session: Session, name: str, operations: list[Operation]) -> None:
        answers = [answered(o) for o in operations if answered(o) != NEVER]
        promised = self._promise.made_to(session, min(o.asked for o in operations), max(answers))
        found = self._judgement([_call(o, name) for o in operations])
        self.keys += 1
        self.promised += promised
        self.undecided += found.undecided if promised else 0
        if found.verdict != VIOLATED:
            return
        self.contradicted += 1
        if promised:
            by_id = {operation.id: operation for operation in operations}
            witness = tuple(sorted((by_id[call.id] for call in found.evidence), key=attrgetter("asked", "id")))
            text = "no order of one copy explains {!r} in session {}: " + "; ".join(["{}"] * len(witness))
            self.convictions.add(witness, text, name, session.id, *(_told(o, name) for o in witness))

    def _judgement(self, calls: list[Call]) -> Judgement:
        found = linearizable(calls, _REGISTER, BUDGET - self.steps)
        self.steps += found.steps
        return found


def _may_have_deleted(operation: Operation) -> bool:
    return operation.op == DELETE and operation.outcome == UNKNOWN


def _call(operation: Operation, name: str) -> Call:
    """Make the call on the register of one key; no value stands for its absence."""
    known = operation.outcome != UNKNOWN
    argument = result = None
    if operation.op == READ:
        data = operation.data or {}
        result = token(data[name]) if name in data else None
    elif operation.op == WRITE:
        argument = token(operation.value)
    what = "read" if operation.op == READ else "write"
    return Call(operation.id, name, what, argument, result, operation.asked, answered(operation), known)


def _told(operation: Operation, name: str) -> str:
    if operation.op != READ:
        return at(operation)
    data = operation.data or {}
    return f"{at(operation)} showing {data[name]!r}" if name in data else f"{at(operation)} showing none"
