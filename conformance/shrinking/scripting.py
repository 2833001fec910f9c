"""From the history of a run to a script: every request at the instant and on the node at which it arrived."""

from collections.abc import Callable
from typing import Any

from conformance.history import LOGIN, OK, USER, Fault, History, Operation
from scenarios.durations import write_duration
from scenarios.faults import ANSWERING
from scenarios.script import NAMING_A_KEY

Written = dict[str, Any]
Kept = Callable[[Operation], bool]


def users_of(history: History) -> list[Operation]:
    """List what users asked, in order of time."""
    return sorted((o for o in history.operations if o.by == USER), key=lambda o: (o.asked, o.client, _number(o)))


def scripted(history: History, kept: Kept, delay_us: int, *, hosts: bool) -> list[Written]:
    """Write down requests as entries of a script.

    Args:
        history: of the run.
        kept: which requests to write down.
        delay_us: how long a request was under way to its node, µs.
        hosts: whether the scenario names hosts.
    """
    entries: list[Written] = []
    browsers: dict[str, _Browser] = {}
    for operation in users_of(history):
        if kept(operation):
            browser = browsers.setdefault(operation.client, _Browser())
            entries.append(browser.entry(operation, delay_us, hosts=hosts))
    return entries


class _Browser:
    """Whose sessions one user had, by the logins that are kept."""

    def __init__(self) -> None:
        self._logins: list[Operation] = []

    def entry(self, operation: Operation, delay_us: int, *, hosts: bool) -> Written:
        """Write down one request, with an earlier login's cookie where it was sent."""
        entry: Written = {
            "at": write_duration(operation.asked + delay_us),
            "user": operation.client,
            "do": operation.op,
        }
        if operation.op in NAMING_A_KEY:
            entry["key"] = operation.key
        entry["node"] = operation.node
        if hosts and operation.host:
            entry["host"] = operation.host
        if operation.op == LOGIN:
            self._logins.append(operation)
            return entry
        number = next((n for n, o in enumerate(self._logins, 1) if o.session == operation.session), None)
        latest = next((o for o in reversed(self._logins) if o.outcome == OK and _heard(o, operation)), None)
        if number is not None and (latest is None or latest.session != operation.session):
            entry["session"] = number
        return entry


def _heard(login: Operation, later: Operation) -> bool:
    return login.answered is not None and login.answered <= later.asked


def _number(operation: Operation) -> int:
    digits = operation.id.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def timed(faults: list[Written], history: History) -> list[Written]:
    """Put crashes that wait for an event at the instant and the node at which they happened; leave out what did not."""
    unmet = [fault for fault in history.faults if fault.fault == "crash"]
    found = []
    for fault in faults:
        if fault.get("crash") != ANSWERING and "after" not in fault:
            found.append(fault)
            continue
        struck = _struck(fault, unmet, history)
        if struck is not None:
            unmet.remove(struck)
            kept = {"for": fault["for"]} if "for" in fault else {}
            found.append({"at": write_duration(struck.begin), **kept, "crash": struck.nodes[0]})
    return found


def _struck(fault: Written, crashes: list[Fault], history: History) -> Fault | None:
    """Find the crash that an event caused: the one that began with the answer that was counted."""
    after = fault.get("after") or {}
    answers = sorted(
        o.answered
        for o in history.operations
        if o.op == after.get("event") and o.outcome == OK and o.answered is not None
    )
    count = int(after.get("count", 0))
    if not 0 < count <= len(answers):
        return crashes[0] if crashes else None
    return min(crashes, key=lambda crash: abs(crash.begin - answers[count - 1]), default=None)
