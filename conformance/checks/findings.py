"""How a check says what it found: the earliest witness, the verdict, the sentences. No rule lives here."""

import re
from typing import Any, Final

from msgspec import to_builtins

from conformance.checks.index import Index
from conformance.history import History, Operation
from conformance.verdict import HOLDS, NOT_PROMISED, NOT_TESTED, VACUOUS, VIOLATED, Evidence, Finding

_COARSE_FROM_US: Final = 10_000
_LONG_ID: Final = re.compile("[0-9a-f]{16,}")
_ID_SHOWN: Final = 8


class Convictions:
    """Contradictions as they are found: all are counted, the earliest is kept.

    Attributes:
        count: how many there were.
        witness: the operations of the earliest, in the order in which a reader should meet them.
    """

    def __init__(self) -> None:
        self.count = 0
        self.witness: tuple[Operation, ...] = ()
        self._when: tuple[int, int] | None = None
        self._text = ""
        self._values: tuple[Any, ...] = ()

    def add(self, witness: tuple[Operation, ...], text: str, *values: object) -> None:
        """Count one contradiction.

        Args:
            witness: the operations that contradict each other; the last one to be answered dates it.
            text: what was seen, in one sentence, with {} for each of `values`; made only for the earliest.
            values: what stands in it.
        """
        self.count += 1
        instants = [operation.asked if operation.answered is None else operation.answered for operation in witness]
        when = (max(instants), min(instants))
        if self._when is None or when < self._when:
            self._when, self.witness, self._text, self._values = when, witness, text, values

    @property
    def seen(self) -> str:
        """The earliest, in one sentence; of long ids the beginning, the recorded operations have the whole."""
        return self._text.format(*(_shortened(value) for value in self._values))


def conclude(
    index: Index,
    check: str,
    requirements: list[str],
    promise: str,
    convictions: Convictions,
    *,
    judged: int,
    held: str,
    promised: bool = True,
    needs: str = "",
    figures: dict[str, Any] | None = None,
) -> Finding:
    """Make the finding of a check.

    Args:
        index: the history.
        check: its name.
        requirements: what it shows.
        promise: the rule in one sentence, with its bound.
        convictions: what contradicts the rule.
        judged: how many operations (or what the check counts instead) it used.
        held: what was seen where nothing contradicts.
        promised: False where the subject promises nothing of this: then nothing convicts, and what contradicts the rule
            is a figure.
        needs: the feature without which there is nothing to judge: where the subject does not list it, that is not
            tested, and never vacuous (protocol, part 2).
        figures: measurements that decide nothing.
    """
    found = Finding(check, HOLDS, judged, requirements, promise, held, figures=figures or {})
    if not promised:
        found.verdict = NOT_PROMISED
        if convictions.count:
            found.seen = f"{counted(convictions.count, 'contradiction')}, the earliest: {convictions.seen}"
            found.figures["contradictions"] = convictions.count
    elif convictions.count:
        found.verdict = VIOLATED
        found.violations = convictions.count
        found.seen = convictions.seen
        found.evidence = evidence_of(index.history, convictions.witness)
    elif not judged and needs and needs not in index.header.features:
        found.verdict = NOT_TESTED
        found.seen = f"the subject does not list the feature `{needs}`"
    elif not judged:
        found.verdict = VACUOUS
        found.seen = "nothing to judge"
    return found


def conclude_where_promised(
    index: Index,
    check: str,
    requirements: list[str],
    promise: str,
    convictions: Convictions,
    *,
    promised: int,
    met: int,
    kept: str,
    seen: str,
    figures: dict[str, Any],
) -> Finding:
    """Make the finding of a check that promises something to only some of what it meets.

    A balancer that spreads may by chance leave a short visit on one node. So what was promised and broken convicts
    wherever it is, but `holds` needs the promise for more than half of what counts.

    Args:
        index: as in `conclude`.
        check: as in `conclude`.
        requirements: as in `conclude`.
        promise: as in `conclude`.
        convictions: as in `conclude`.
        figures: as in `conclude`.
        promised: to how much of what was met it is promised.
        met: how much there was.
        kept: what was seen where it is promised and nothing contradicts.
        seen: what was seen where it is not.
    """
    mostly = bool(convictions.count) or 2 * promised > met
    return conclude(
        index,
        check,
        requirements,
        promise,
        convictions,
        judged=promised if mostly else met,
        held=kept if mostly else seen,
        promised=mostly or not met,
        figures=figures,
    )


def evidence_of(history: History, witness: tuple[Operation, ...]) -> list[Evidence]:
    """Make evidence of operations: id, line and the record; O(n), once a finding."""
    found = []
    for operation in witness:
        position = next(i for i, held in enumerate(history.operations) if held is operation)
        record = to_builtins(operation)
        if position in history.unasked:
            record["asked"] = None
        found.append(Evidence(operation.id, history.lines[position], record))
    return found


def seconds(us: int | None) -> str:
    """Write an instant or a span for people: '61.25 s'.

    To the millisecond, the record has the rest; to the microsecond below 10 ms, and where less would look like a round
    number that it is not: a bound of 3 s is missed by 3.000001 s.
    """
    if us is None:
        return "no time"
    rounded = (abs(us) + 500) // 1_000 * 1_000
    looks_round = rounded % 100_000 == 0
    exact = abs(us) if abs(us) < _COARSE_FROM_US or looks_round else rounded
    whole, rest = divmod(exact, 1_000_000)
    fraction = f"{rest:06d}".rstrip("0")
    return f"{'-' if us < 0 else ''}{whole}{'.' if fraction else ''}{fraction} s"


def _shortened(value: object) -> object:
    """Cut an id that nobody can read out to the letters that tell it from the others of a run."""
    return value[:_ID_SHOWN] if isinstance(value, str) and _LONG_ID.fullmatch(value) else value


def at(operation: Operation) -> str:
    """Say what an operation was: its id, who did what where, and when it was asked and answered."""
    done = f"{operation.op} of {operation.key!r}" if operation.key is not None else operation.op
    answer = "never answered" if operation.answered is None else f"answered {seconds(operation.answered)}"
    return f"{operation.id} ({done} on {operation.node}, asked {seconds(operation.asked)}, {answer})"


def shown(copy: Operation, key: str) -> str:
    """Say what a copy showed under a key: "'k' = 'v'", or "no 'k'"."""
    data = copy.data or {}
    return f"{key!r} = {data[key]!r}" if key in data else f"no {key!r}"


def counted(number: int, thing: str) -> str:
    """Write a number with its thing: '1 session', '1,204 sessions'."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def quantiles(name: str, values: list[int]) -> dict[str, int]:
    """Give median, 90th and 99th percentile and the greatest of some whole numbers as figures; none of no numbers."""
    if not values:
        return {}
    ordered = sorted(values)
    of = {f"{name}_p{percent}": ordered[(len(ordered) - 1) * percent // 100] for percent in (50, 90, 99)}
    return {**of, f"{name}_max": ordered[-1]}
