"""The story of a violation in sentences: one session asked, answered, copied, cut, ended, revived. Nothing is drawn."""

from typing import Final

from msgspec import Struct

from conformance.history import DENIED, LOGIN, OK, Operation
from conformance.trace import Carried, Noted
from reports import words
from reports.causes import Causes, named, noted, outcome
from reports.document import RunDocument
from reports.excerpt import Excerpt, Quoted, ends, meanwhile

FAULTS_MOST: Final = 8
_NAMED_MOST: Final = 7
_RAW_MOST: Final = 2_000
"""Characters of a line of the history that are quoted."""


class Sentence(Struct, frozen=True):
    """One thing that happened.

    Attributes:
        t, when: the instant, µs and in words.
        text: what happened.
        mark: "client", "world" or "note": who says so.
        line: where it stands in the history; 0 where it does not.
        witness: whether it is one of those that contradict each other.
        error: whether the contradiction is complete here.
    """

    t: int
    when: str
    text: str
    mark: str
    line: int = 0
    witness: bool = False
    error: bool = False


class Line(Struct, frozen=True):
    """A line of the history, quoted: its number, and as much of it as a page can hold."""

    number: int
    raw: str


class Story(Struct, frozen=True):
    """A violation told: what convicted and when, a sentence for each thing, what is left out, lines quoted."""

    check: str
    when: str
    lead: str
    sentences: list[Sentence]
    left_out: str
    lines: list[Line]


def story(found: Excerpt, made: Causes, document: RunDocument) -> Story:
    """Tell a violation.

    Args:
        found: the violation.
        made: its events and arrows.
        document: the run, for its faults.
    """
    sentences = [*_operations(found, made), *_world(found, document), *_notes(made)]
    order = {"world": 0, "note": 1, "client": 2}
    sentences.sort(key=lambda sentence: (sentence.t, order[sentence.mark], sentence.line))
    left_out = ""
    if found.left_out:
        others = words.count(found.left_out, "other operation")
        left_out = f"{others} of session {found.session[: words.ID_SHOWN]} can be found in history.jsonl."
    return Story(
        check=words.spoken(found.finding.check),
        when=next(sentence.when for sentence in sentences if sentence.error),
        lead=_lead(found),
        sentences=sentences,
        left_out=left_out,
        lines=[Line(quoted.line, _quoted(quoted)) for quoted in sorted(found.told, key=lambda quoted: quoted.line)],
    )


def _lead(found: Excerpt) -> str:
    said = f"{words.begun(found.finding.seen).rstrip('.')}."
    if found.finding.violations > 1:
        said += f" It is the first of {found.finding.violations:,} contradictions that this check found."
    return said


def _quoted(quoted: Quoted) -> str:
    return quoted.raw if len(quoted.raw) <= _RAW_MOST else f"{quoted.raw[: _RAW_MOST - 1]}…"


def _operations(found: Excerpt, made: Causes) -> list[Sentence]:
    """Tell the operations; what was answered from the session after its end is told as that."""
    over: Operation | None = None
    sentences = []
    for quoted in found.told:
        operation = quoted.operation
        is_witness = operation.id in found.witnesses
        text = _asked(operation, made.told.get(operation.id, []))
        ended = ends(operation, found.session)
        alive = operation.outcome == OK and not operation.ended and not ended and operation.op != LOGIN
        if over is not None and alive and operation.asked > (over.answered or over.asked):
            text += f" The session had ended with {over.id}: here it is alive again."
        if ended and operation.answered is not None and over is None:
            over, text = operation, f"{text} From here on session {found.session[: words.ID_SHOWN]} is over."
        error = operation.id == found.last
        others = [id_ for id_ in found.witnesses if id_ != operation.id]
        if error and others:
            text += f" This contradicts {words.listed(others)}."
        sentences.append(
            Sentence(operation.asked, words.rounded(operation.asked), text, "client", quoted.line, is_witness, error)
        )
    return sentences


def _asked(operation: Operation, messages: list[Carried]) -> str:
    """Tell who asked whom for what, whom the node told of it, and what was answered when."""
    by = f"{operation.client}, an observer," if operation.by == "observer" else operation.client
    said = f"{by} asked {operation.node} to {named(operation)} ({operation.id})."
    told = [text for kind in dict.fromkeys(message.kind for message in messages) for text in _sent(kind, messages)]
    if told:
        said += f" {operation.node} {words.listed(told)}."
    if operation.answered is None:
        return f"{said} No answer was heard."
    took = operation.answered - operation.asked
    when = f"After {words.rounded(took)}" if took else "At once"
    verb = "denied it" if operation.outcome == DENIED else "answered"
    what = outcome(operation)
    if operation.outcome == DENIED:
        what = operation.why or "without a reason"
    return f"{said} {when} it {verb}: {what}."


def _sent(kind: str, messages: list[Carried]) -> list[str]:
    """Tell to whom messages of one kind went, and which were lost to what."""
    arrived = [message.to for message in messages if message.kind == kind and not message.lost]
    found = [f"sent {kind} to {_many(arrived)}"] if arrived else []
    causes = dict.fromkeys(message.lost for message in messages if message.kind == kind and message.lost)
    for cause in causes:
        lost = [message.to for message in messages if message.kind == kind and message.lost == cause]
        found.append(f"lost {kind} to {_many(lost)} ({cause})")
    return found


def _many(names: list[str]) -> str:
    named_once = sorted(dict.fromkeys(names), key=lambda name: (len(name), name))
    if len(named_once) <= _NAMED_MOST:
        return words.listed(named_once)
    return f"{len(named_once):,} nodes"


def _world(found: Excerpt, document: RunDocument) -> list[Sentence]:
    """Tell the faults that struck or ended meanwhile, and those that lasted already."""
    sentences = []
    for number, fault in meanwhile(found, document)[:FAULTS_MOST]:
        name = f"Fault {number}, {fault.title},"
        if found.begin <= fault.begin <= found.end:
            sentences.append(_of_world(fault.begin, f"{name} struck."))
        else:
            sentences.append(_of_world(found.begin, f"{name} lasted since {words.instant(fault.begin)}."))
        if fault.end is not None and found.begin < fault.end <= found.end:
            sentences.append(_of_world(fault.end, f"{name} was undone."))
    healed = document.header.healed_us
    if found.begin < healed <= found.end:
        sentences.append(_of_world(healed, "Everything was healed."))
    return sentences


def _of_world(t: int, text: str) -> Sentence:
    return Sentence(t, words.rounded(t), text, "world")


def _notes(made: Causes) -> list[Sentence]:
    """Tell what the nodes drawn noted meanwhile, and which began or ended a life."""
    return [
        Sentence(
            record.t,
            words.rounded(record.t),
            f"{record.node} {noted(record)}.",
            "note" if isinstance(record, Noted) else "world",
        )
        for record in made.notes
    ]
