"""The run document, version 1 (RUN/run.jsonl): what a run was, what its checks found, the figures of its pictures.

Written line by line by the runner, read by every rendering. One JSON object a line: the header, then one line a
finding, a fault and a figure, then the footer. Without a footer the run did not finish. No rendering lives here, and no
rule of any check.
"""

import io
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeVar

import msgspec
from msgspec import Struct, field

from conformance.history import Contract, Lifetime
from conformance.verdict import BROKEN_ADAPTER, UNFINISHED, Finding
from conformance.worth import Beside
from reports.shapes import (
    SHAPES,
    Availability,
    ClockSeen,
    Costs,
    Errors,
    FaredInFaults,
    Gossip,
    Held,
    Lag,
    Lags,
    Latency,
    Load,
    Membership,
    Requests,
    Routes,
    Rumours,
    Spread,
    Steps,
    Traffic,
)

VERSION: Final = 1
NAME: Final = "run.jsonl"


class Header(Struct, kw_only=True):
    """The first line: what was run, under which promises, and the command that repeats it.

    Attributes:
        run: the version of this format.
        anynode: the version of the program that ran it.
        healed_us: the end of the fault phase; from here on the contract's bound runs.
        config_source: "the scenario's own", or the file that the user gave.
        subject_source: what `--subject` was given.
        balancer: who chose the node of each request; "" where that is not known.
        notes: what a reader should know besides (keys of the configuration that were not read).
    """

    run: Literal[1]
    anynode: str
    scenario: str
    title: str
    seed: int
    subject: str
    subject_version: str
    nodes: list[str]
    features: list[str]
    contract: Contract
    expect: list[str]
    requirements: list[str]
    routing: bool
    store: str
    lifetime: Lifetime
    config_source: str
    duration_us: int
    healed_us: int
    command: str
    subject_source: str = ""
    balancer: str = ""
    notes: list[str] = field(default_factory=list)


class FaultSeen(Struct, kw_only=True):
    """A fault as it struck: from one instant to another (None: never undone), and how much it touched."""

    fault: str
    nodes: list[str]
    begin: int = field(name="from")
    end: int | None = field(name="to")
    touched: int
    title: str


class Figure(Struct, kw_only=True):
    """One measurement that is drawn or tabled and decides nothing; `source` says who saw it."""

    figure: str
    unit: str
    source: str
    value: Any


class NotTested(Struct, kw_only=True, omit_defaults=True):
    """A check or a requirement that this run says nothing about, and why."""

    check: str | None = None
    requirement: str | None = None
    reason: str


class Footer(Struct, kw_only=True):
    """The last line: digest and verdict, and how much happened.

    `finished` is False after an interruption, and where the subject broke the protocol: `adapter` then says how.
    """

    digest: str
    verdict: str
    finished: bool
    events: int
    messages: int
    requests: int
    operations: int
    simulated_us: int
    wall_s: float
    not_tested: list[NotTested] = field(default_factory=list)
    adapter: str = ""


class CheckLine(Struct):
    """The line of a finding."""

    check: Finding


class FaultLine(Struct):
    """The line of a fault."""

    fault: FaultSeen


class FooterLine(Struct):
    """The line of the footer."""

    footer: Footer


Line = Header | CheckLine | FaultLine | Figure | FooterLine


class UnreadableRun(Exception):
    """A file is no run document that this program can read; the message names the place, and what to do instead."""


class RunDocument(Struct, kw_only=True):
    """A whole run document; `footer` is None when the file stops before it."""

    header: Header
    checks: list[Finding] = field(default_factory=list)
    faults: list[FaultSeen] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)
    footer: Footer | None = None

    @property
    def finished(self) -> bool:
        """Whether the run came to its end; only then is there a verdict."""
        return self.footer is not None and self.footer.finished

    @property
    def verdict(self) -> str:
        """The verdict in the footer, or `unfinished`: a run that did not finish has none."""
        if self.footer is not None and (self.footer.finished or self.footer.verdict == BROKEN_ADAPTER):
            return self.footer.verdict
        return UNFINISHED

    def steps(self, name: str) -> Steps:
        """Give a figure of step series by node, empty when the document has none."""
        return self._value(name) or {}

    def spread(self) -> Spread | None:
        """Give the spread of copies, if it was measured."""
        found: Spread | None = self._value("spread")
        return found

    def lag(self) -> Lag | None:
        """Give the percentiles from answer to last copy, if they were measured."""
        found: Lag | None = self._value("lag")
        return found

    def membership(self) -> Membership:
        """Give what each node noted of each other, empty when the document has none."""
        return self._value("membership") or {}

    def requests(self) -> Requests | None:
        """Give the requests by outcome, if they were counted."""
        found: Requests | None = self._value("requests")
        return found

    def costs(self) -> Costs | None:
        """Give what the run cost its users, if it was counted."""
        found: Costs | None = self._value("costs")
        return found

    def clocks(self) -> dict[str, ClockSeen]:
        """Give the clocks that were off, empty when none was."""
        return self._value("clocks") or {}

    def in_real_time(self) -> bool:
        """Say whether real servers ran: of those the machine's noise is measured, which a simulated world has not."""
        return "noise" in self.figures

    def availability(self) -> Availability | None:
        """Give how many requests were answered over time, if it was counted."""
        found: Availability | None = self._value("availability")
        return found

    def latency(self) -> Latency | None:
        """Give how long answers took over time, if it was measured."""
        found: Latency | None = self._value("latency")
        return found

    def errors(self) -> Errors:
        """Give what went wrong by node and kind, empty when the document has none."""
        return self._value("errors") or {}

    def lags(self) -> Lags:
        """Give how long single writes took to their last copies, empty when the document has none."""
        return self._value("lags") or []

    def load(self) -> Load | None:
        """Give requests and live sessions over time, if they were counted."""
        found: Load | None = self._value("load")
        return found

    def routes(self) -> Routes | None:
        """Give what the balancer decided, if it was counted."""
        found: Routes | None = self._value("routes")
        return found

    def fared(self) -> FaredInFaults | None:
        """Give how users fared in each fault, if it was counted."""
        found: FaredInFaults | None = self._value("fared")
        return found

    def gossip(self) -> Gossip | None:
        """Give how news spreads by gossip, if the configuration says it."""
        found: Gossip | None = self._value("gossip")
        return found

    def traffic(self) -> Traffic | None:
        """Give the messages between nodes, if they were counted."""
        found: Traffic | None = self._value("traffic")
        return found

    def rumours(self) -> Rumours:
        """Give how often nodes suspected, held for dead and refuted, empty when the document does not tell."""
        return self._value("rumours") or {}

    def held(self) -> Held | None:
        """Give what nodes say that they hold, if they do."""
        found: Held | None = self._value("held")
        return found

    def power(self) -> Beside | None:
        """Give what the checks used here have convicted, if that was measured."""
        found: Beside | None = self._value("power")
        return found

    def _value(self, name: str) -> Any:
        figure = self.figures.get(name)
        return figure.value if figure is not None else None


class Writer:
    """Writes a run document line by line; what was written is on the disk at once, also when the run dies later.

    Used as a context manager, or closed by hand. The footer is the caller's: leaving without one leaves the document
    unfinished, which is what an interrupted run is.
    """

    def __init__(self, path: Path) -> None:
        self._file: io.BufferedWriter = path.open("wb")
        self._encode = msgspec.json.Encoder().encode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def write(self, line: Line) -> None:
        """Write one line and flush it."""
        self._file.write(self._encode(line) + b"\n")
        self._file.flush()

    def header(self, header: Header) -> None:
        """Write the first line."""
        self.write(header)

    def check(self, finding: Finding) -> None:
        """Write the line of one finding."""
        self.write(CheckLine(finding))

    def fault(self, fault: FaultSeen) -> None:
        """Write the line of one fault."""
        self.write(FaultLine(fault))

    def figure(self, name: str, *, unit: str, source: str, value: Any) -> None:
        """Write the line of one figure.

        Args:
            name: what is measured; the names in `SHAPES` have a value of that shape, others any JSON value.
            unit: the unit of its values ("copies", "us").
            source: who saw it: "observers", "clients", "the nodes' own notes", "world".
            value: plain containers, numbers and text, or the struct of that name here.
        """
        self.write(Figure(figure=name, unit=unit, source=source, value=value))

    def footer(self, footer: Footer) -> None:
        """Write the last line."""
        self.write(FooterLine(footer))

    def close(self) -> None:
        """Close the file; harmless when it is closed."""
        self._file.close()


def read(path: Path) -> RunDocument:
    """Read a run document.

    A last line that is cut off in the middle counts as not written: the program died while it wrote it.

    Args:
        path: the file, usually RUN/run.jsonl.

    Raises:
        UnreadableRun: there is no such file, it is of another version, or one of its lines is none of a run document.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableRun(
            f"{path}: cannot be read ({error.strerror}); give the folder of a run, made by 'anynode run SCENARIO'"
        ) from error
    first, *rest = content.split(b"\n")
    document = RunDocument(header=_header(path, first))
    for number, line in enumerate(rest, start=2):
        if not line and number == len(rest) + 1:
            break
        members = _members(line)
        if members is None and number == len(rest) + 1:
            break
        _add(document, line, members, f"{path}: line {number}")
    return document


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of one line of a run document, with the shapes of the figures known here."""
    kinds = (Header, CheckLine, FaultLine, Figure, FooterLine)
    roots, parts = msgspec.json.schema_components([*kinds, *SHAPES.values()], ref_template="#/$defs/{name}")
    values = dict(zip(SHAPES, roots[len(kinds) :], strict=True))
    parts["Figure"]["allOf"] = [
        {"if": {"properties": {"figure": {"const": name}}}, "then": {"properties": {"value": value}}}
        for name, value in values.items()
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of an anynode run document, version {VERSION}",
        "oneOf": list(roots[: len(kinds)]),
        "$defs": parts,
    }


_KINDS: tuple[tuple[str, Any], ...] = (
    ("check", CheckLine),
    ("fault", FaultLine),
    ("figure", Figure),
    ("footer", FooterLine),
)


def _members(line: bytes) -> dict[str, msgspec.Raw] | None:
    try:
        return msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _header(path: Path, line: bytes) -> Header:
    members = _members(line)
    if members is None or "run" not in members:
        raise UnreadableRun(
            f'{path}: the first line is no header of a run document, expected {{"run": {VERSION}, …}}; '
            "give the folder of a run, made by 'anynode run SCENARIO'"
        )
    version = bytes(members["run"]).decode()
    if version != str(VERSION):
        raise UnreadableRun(
            f"{path}: version {version} of the run document, expected {VERSION}; "
            "read it with the anynode that wrote it, or run the scenario again"
        )
    return _decoded(line, Header, f"{path}: line 1")


def _add(document: RunDocument, line: bytes, members: dict[str, msgspec.Raw] | None, place: str) -> None:
    kind = next(((name, shape) for name, shape in _KINDS if members is not None and name in members), None)
    if kind is None:
        raise UnreadableRun(
            f"{place}: found no line of a run document, expected one that begins with 'check', 'fault', 'figure' or "
            "'footer'; run the scenario again"
        )
    if document.footer is not None:
        raise UnreadableRun(f"{place}: found '{kind[0]}' after the footer, expected nothing; run the scenario again")
    match _decoded(line, kind[1], place):
        case CheckLine(check=finding):
            document.checks.append(finding)
        case FaultLine(fault=fault):
            document.faults.append(fault)
        case Figure() as figure:
            _add_figure(document, figure, place)
        case FooterLine(footer=footer):
            document.footer = footer


def _add_figure(document: RunDocument, figure: Figure, place: str) -> None:
    if figure.figure in document.figures:
        raise UnreadableRun(f"{place}: found figure '{figure.figure}' twice, expected it once; run the scenario again")
    shape = SHAPES.get(figure.figure)
    if shape is not None:
        try:
            figure.value = msgspec.convert(figure.value, shape)
        except msgspec.ValidationError as error:
            raise UnreadableRun(f"{place}: figure '{figure.figure}': {error}; run the scenario again") from error
    document.figures[figure.figure] = figure


_Shape = TypeVar("_Shape")


def _decoded(line: bytes, shape: type[_Shape], place: str) -> _Shape:
    try:
        return msgspec.json.decode(line, type=shape)
    except msgspec.DecodeError as error:
        raise UnreadableRun(f"{place}: {error}; run the scenario again") from error
