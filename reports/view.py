"""What every rendering says of a run, as plain text in the order in which it is said; templates only lay it out.

No escaping and no markup lives here, and no judgement: an unfinished run's findings lose their verdicts.
"""

from typing import Any

from msgspec import Struct

from conformance import verdict
from conformance.costs import CAUSES
from conformance.history import ENDED, EXPIRED, LOCAL, Contract
from conformance.verdict import Finding
from reports import power, words
from reports.agreement import agreement
from reports.cluster import messages, rumours
from reports.document import RunDocument
from reports.memory import account, holdings
from reports.required import required

_SAYS_NOTHING = (verdict.NOT_PROMISED, verdict.NOT_TESTED, verdict.VACUOUS, verdict.UNKNOWN)

_GLIMPSE = 110
"""Letters of what was seen that a folded finding shows."""

_ROWS_MOST = 12
"""With more nodes than this, tables with a row for each are folded."""


class Witness(Struct, frozen=True):
    """One operation of a witness, as told, where it stands in the history, and as recorded."""

    id: str
    place: str
    told: str
    record: str


class Check(Struct, frozen=True):
    """One check: promise beside sight; `open` where it needs eyes at once."""

    name: str
    verdict: str
    symbol: str
    tone: str
    meaning: str
    expected: bool
    open: bool
    promise: str
    seen: str
    glimpse: str
    judged: str
    violations: str
    requirements: list[str]
    figures: list[tuple[str, str]]
    evidence: list[Witness]


class Fault(Struct, frozen=True):
    """One fault, when it struck and what it touched."""

    number: int
    title: str
    when: str
    touched: str
    empty: bool


class Limit(Struct, frozen=True):
    """Something that this run does not show, and why."""

    what: str
    why: str


class Fared(Struct, frozen=True):
    """How users fared in one fault, or outside of all of them."""

    name: str
    requests: str
    errors: str
    slowest: str
    lost: str
    forced: str


class Outcomes(Struct, frozen=True):
    """Requests to one node, or to all, by outcome."""

    name: str
    ok: str
    denied: str
    refused: str
    unknown: str


class Clock(Struct, frozen=True):
    """One clock that was off, and what it did to requests."""

    node: str
    farthest: str
    beyond: str
    refused: str
    answered: str


def view(document: RunDocument) -> dict[str, Any]:
    """Put a run document into words.

    Returns:
        The names that the templates use.
    """
    head, word = document.header, document.verdict
    return {
        "title": head.title,
        "scenario": head.scenario,
        "seed": str(head.seed),
        "verdict": word,
        "symbol": words.SYMBOLS.get(word, "!"),
        "tone": words.TONES.get(word, "doubt"),
        "finished": document.finished,
        "sentence": words.sentence(document),
        "glance": _glance(document),
        "facts": _facts(document),
        "basis": _basis(document),
        "contract": words.contract(head.contract),
        "checks": [_check(finding, finished=document.finished) for finding in words.ordered(document.checks)],
        "faults": [
            Fault(number, fault.title, words.when(fault), words.touched(fault), fault.touched == 0)
            for number, fault in enumerate(document.faults, start=1)
        ],
        "fared": _fared(document),
        "required": required(document, own=True),
        "besides": required(document, own=False),
        "limits": _limits(document),
        "lag": _lag(document),
        "agreement": agreement(document),
        "agreed_within": _agreed_within(head.contract),
        "rumours": rumours(document),
        "messages": messages(document),
        "account": account(document),
        "untold": _untold(document),
        "holdings": holdings(document),
        "outcomes": _outcomes(document),
        "traffic": _traffic(document),
        "errors": _errors(document),
        "balanced": _balanced(document),
        "balancer": head.balancer,
        "many": len(head.nodes) > _ROWS_MOST,
        "costs": _costs(document),
        "clocks": [
            Clock(
                node,
                words.offset(seen.farthest_us),
                words.rounded(seen.beyond_us) if seen.beyond_us else "never",
                words.by_operation(seen.refused) if seen.beyond_us else "-",
                words.by_operation(seen.answered) if seen.beyond_us else "-",
            )
            for node, seen in document.clocks().items()
        ],
        "power": power.told(document),
        "notes": head.notes,
        "command": head.command,
        "honesty": words.NOT_THE_PRODUCT if head.subject == "reference" else words.NOT_THE_PRODUCT_EITHER,
    }


def _check(finding: Finding, *, finished: bool) -> Check:
    word = finding.verdict if finished else verdict.UNFINISHED
    return Check(
        name=words.spoken(finding.check),
        verdict=word,
        symbol=words.SYMBOLS.get(word, "!"),
        tone=words.TONES.get(word, "doubt"),
        meaning=words.MEANINGS.get(word, ""),
        expected=finding.expected,
        open=word in (verdict.VIOLATED, verdict.UNKNOWN) or (finding.expected and word != verdict.HOLDS),
        promise=finding.promise,
        seen=words.begun(finding.seen),
        glimpse=_glimpse(finding.seen),
        judged=words.judged(finding),
        violations=words.count(finding.violations, "contradiction") if finding.violations else "",
        requirements=finding.requirements,
        figures=words.figures(finding),
        evidence=[
            Witness(piece.id, f"line {piece.line:,} of history.jsonl", words.told(piece), words.raw(piece.operation))
            for piece in finding.evidence
        ],
    )


def _glimpse(seen: str) -> str:
    """Cut what was seen to a line of a list."""
    return seen if len(seen) <= _GLIMPSE else f"{seen[: _GLIMPSE - 1]}…"


def _facts(document: RunDocument) -> list[tuple[str, str]]:
    """Give what the verdict rests on, at a glance."""
    head, footer = document.header, document.footer
    expected = sum(1 for finding in document.checks if finding.expected)
    time = "real time" if document.in_real_time() else "simulated"
    found = [
        ("subject", f"{head.subject} {head.subject_version}".strip()),
        ("seed", str(head.seed)),
        ("nodes", str(len(head.nodes))),
        (time, words.instant(footer.simulated_us) if footer else f"{words.seconds(head.duration_us)} planned"),
    ]
    if footer is not None:
        found.append(("operations judged" if footer.finished else "operations recorded", f"{footer.operations:,}"))
    return [*found, ("checks", f"{len(document.checks)} ({expected} expected)")]


def _glance(document: RunDocument) -> list[tuple[str, str, str]]:
    """Give what users and observers met in a few figures: name, value, and of what."""
    found = []
    answered, lag, costs = document.availability(), document.lag(), document.costs()
    if answered is not None and answered.buckets:
        asked = sum(bucket[1] for bucket in answered.buckets)
        good = sum(bucket[2] for bucket in answered.buckets)
        missed = "none went without" if good == asked else f"{asked - good:,} of {asked:,} were not"
        found.append(("requests answered within 2 s", words.share(good, asked), missed))
    if lag is not None and lag.samples and lag.max_us is not None and lag.p50_us is not None:
        slowest = f"the slowest of {words.count(lag.samples, 'write')} took {words.rounded(lag.max_us)}"
        found.append(("half of writes everywhere after", words.rounded(lag.p50_us), slowest))
    if costs is not None:
        forced = sum(count for cause, count in costs.forced_by_cause.items() if cause not in (EXPIRED, ENDED))
        told = f"{words.count(forced, 'login')} forced" if forced else "no login forced"
        found.append(("sessions lost", f"{costs.sessions_lost:,}", f"of {costs.sessions:,}; {told}"))
    return found


def _basis(document: RunDocument) -> list[tuple[str, str]]:
    """Give all that the run was, for those who want to repeat or doubt it."""
    head, footer = document.header, document.footer
    idle = words.seconds(head.lifetime.idle_us) if head.lifetime.idle_us else "none"
    found = [
        ("scenario", head.scenario),
        ("shows", words.listed(head.requirements)),
        ("expects", words.listed([words.spoken(check) for check in head.expect])),
        ("configuration", head.config_source),
        ("nodes", words.listed(head.nodes)),
        ("features that count", words.listed(head.features)),
        ("balancer", head.balancer or "not told"),
        ("routing", "on" if head.routing else "off"),
        ("store", head.store),
        ("absolute limit", words.seconds(head.lifetime.absolute_us)),
        ("idle limit", idle),
        ("clients work for", words.instant(head.duration_us)),
        ("healed at", words.instant(head.healed_us)),
        ("anynode", head.anynode),
    ]
    if footer is None:
        return found
    return [
        *found,
        ("events", f"{footer.events:,}"),
        ("messages between nodes", f"{footer.messages:,}"),
        ("requests", f"{footer.requests:,}"),
        ("digest of the run", footer.digest),
        ("wall time", f"{footer.wall_s:.2f} s"),
    ]


def _fared(document: RunDocument) -> list[Fared]:
    """Give how users fared in each fault, then outside of them; empty where no fault is told."""
    seen = document.fared()
    if seen is None or len(seen.faults) != len(document.faults) or not document.faults:
        return []
    names = [f"{number} {fault.title}" for number, fault in enumerate(document.faults, start=1)]
    return [
        Fared(
            name,
            f"{by.requests:,}",
            words.listed([f"{number:,} × {kind}" for kind, number in by.errors.items()]),
            words.rounded(by.p99_us) if by.p99_us is not None else "no answer",
            f"{by.sessions_lost:,}",
            f"{by.logins_forced:,}",
        )
        for name, by in zip([*names, "outside of faults"], [*seen.faults, seen.calm], strict=True)
    ]


def _balanced(document: RunDocument) -> list[tuple[str, ...]]:
    """Give what the balancer decided: a row a node, then all; empty where it is not told."""
    seen = document.routes()
    if seen is None:
        return []
    counts = [
        (route.asked, route.moved, route.unready, route.errors, route.errors_unready) for route in seen.by_node.values()
    ]
    total = tuple(sum(column) for column in zip(*counts, strict=True))
    return [
        (name, *(f"{number:,}" for number in row))
        for name, row in zip([*seen.by_node, "all nodes"], [*counts, total], strict=True)
    ]


def _limits(document: RunDocument) -> list[Limit]:
    """Give what this run says nothing about: an absent promise, a check without matter, a fault without effect."""
    found = []
    if document.finished:
        found = [
            Limit(f"{words.spoken(finding.check)}: {finding.verdict}", finding.seen)
            for finding in document.checks
            if finding.verdict in _SAYS_NOTHING
        ]
    said = {finding.check for finding in document.checks if found and finding.verdict in _SAYS_NOTHING}
    for gap in document.footer.not_tested if document.footer is not None else []:
        if gap.check in said:
            continue
        name = words.spoken(gap.check) if gap.check is not None else gap.requirement or "something"
        found.append(Limit(f"{name}: {verdict.NOT_TESTED}", gap.reason))
    for fault in document.faults:
        if not fault.touched:
            found.append(Limit(fault.title, "this fault touched nothing"))
    return found


def _untold(document: RunDocument) -> list[str]:
    """Say of what the subject's nodes tell nothing; nodes that share nothing have no members to tell of."""
    found = []
    alone = document.header.store == LOCAL or len(document.header.nodes) == 1
    if not alone and not any(document.membership().values()):
        found.append("Membership: not told. The nodes of this subject note nothing of each other.")
    if not account(document):
        found.append("Memory: not told. The run document holds no account of what the nodes held.")
    return found


def _agreed_within(promises: Contract) -> str:
    changed = words.seconds(promises.converge_us + promises.detect_us)
    return f"{words.seconds(promises.converge_us)}, {changed} where membership had changed"


def _lag(document: RunDocument) -> list[tuple[str, str]]:
    lag = document.lag()
    if lag is None or not lag.samples:
        return []
    times = [("half", lag.p50_us), ("95 %", lag.p95_us), ("99 %", lag.p99_us), ("the slowest", lag.max_us)]
    return [(name, words.rounded(us) if us is not None else "not seen") for name, us in times] + [
        ("writes seen everywhere", _seen_everywhere(document, lag.samples))
    ]


def _seen_everywhere(document: RunDocument, samples: int) -> str:
    spread = document.spread()
    return f"{samples:,} of {spread.probes:,}" if spread is not None else f"{samples:,}"


def _outcomes(document: RunDocument) -> list[Outcomes]:
    seen = document.requests()
    if seen is None:
        return []
    rows = [
        Outcomes(name, *(f"{by.get(outcome, 0):,}" for outcome in ("ok", "denied", "refused", "unknown")))
        for name, by in seen.by_node.items()
    ]
    total = (seen.ok, seen.denied, seen.refused, seen.unknown)
    return [*rows, Outcomes("all nodes", *(f"{number:,}" for number in total))]


def _errors(document: RunDocument) -> list[list[str]]:
    """Give a table of what went wrong: the kinds, then a row for each node where it did, then all; else empty."""
    by_node = document.errors()
    kinds = sorted({kind for seen in by_node.values() for kind in seen})
    if not kinds:
        return []
    rows = [[node, *(f"{seen.get(kind, 0):,}" for kind in kinds)] for node, seen in by_node.items() if seen]
    total = [f"{sum(seen.get(kind, 0) for seen in by_node.values()):,}" for kind in kinds]
    return [["node", *kinds], *rows, ["all nodes", *total]]


def _costs(document: RunDocument) -> list[tuple[str, str, str]]:
    """Give what the run cost its users: why, sessions lost, logins forced; empty where it cost nothing."""
    seen = document.costs()
    if seen is None or not (seen.sessions_lost or seen.logins_forced):
        return []
    causes = [cause for cause in CAUSES if cause in seen.lost_by_cause or cause in seen.forced_by_cause]
    rows = [
        (CAUSES[cause], f"{seen.lost_by_cause.get(cause, 0):,}", f"{seen.forced_by_cause.get(cause, 0):,}")
        for cause in causes
    ]
    total = (f"{seen.sessions_lost:,} of {seen.sessions:,}", f"{seen.logins_forced:,} of {seen.logins:,}")
    return [*rows, ("in all", *total)]


def _traffic(document: RunDocument) -> str:
    seen = document.requests()
    if seen is None:
        return ""
    return (
        f"{words.count(seen.total, 'request')} in {words.count(seen.sessions, 'session')}: "
        f"{words.count(seen.logins, 'login')}, {words.count(seen.logouts, 'logout')}."
    )
