"""One scenario and one subject to one run: history, trace and run document in one folder. It prints nothing.

The world is run, its history is read back from the file and judged as `check` would, and the findings are written down.
Everything that can be refused is refused before the folder is touched (`conformance.planning`).
"""

import time  # noqa: TID251 - how long the world and the checks took is told to the user, and decides nothing
from collections.abc import Callable, Mapping
from importlib.metadata import version as installed_version
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, Final

from msgspec import Struct, to_builtins

from conformance import folder
from conformance.checks import judge
from conformance.checks.parts import parts_of
from conformance.collecting import uncollected
from conformance.figures import Figure, figures_of
from conformance.figures.clients import buckets_of
from conformance.figures.traced import traced
from conformance.history import LOCAL, Fault, History
from conformance.planning import OWN, Plan, plan, replayable
from conformance.reading import read
from conformance.subjects.adapter import BrokenAdapter
from conformance.subjects.http import Servers
from conformance.subjects.purity import Impure, guarded
from conformance.subjects.subject import Crew
from conformance.touching import untouched
from conformance.verdict import NOT_PROMISED, NOT_TESTED, VACUOUS, Finding, combine
from conformance.worth import beside
from reports.document import FaultSeen, Footer, Header, NotTested, Writer
from reports.shapes import BYTES_EACH
from reports.words import signed
from scenarios import load, told_again
from scenarios.traffic import write_recording
from simulator.trace import BATCH
from simulator.world import Judged, Outcome, World

_CLOCK: Final = "clock"
_NAMED_MOST: Final = 6
_NOTES: Final = "the nodes' own notes"
_COUNTS: Final = "the nodes' own counts; bytes as benchmarks/memory.py measured them"


class Run(Struct):
    """What came of a run, as `anynode run --json` prints it (with `report`, `report_s` once a page is made)."""

    scenario: str
    title: str
    seed: int
    subject: str
    digest: str
    verdict: str
    nodes: int
    events: int
    messages: int
    requests: int
    simulated_s: float
    wall_s: float
    checks: list[Finding]
    faults: list[FaultSeen]
    not_tested: list[NotTested]
    costs: dict[str, Any]
    adapter: str
    folder: Path
    command: str


def run(
    scenario: str | Path,
    *,
    seed: int | None = None,
    subject: str = "reference",
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    out: Path | None = None,
    traffic: str | None = None,
    delays: str | None = None,
) -> Run:
    """Run a scenario by name or path, for use in a program; the arguments are those of `anynode run`.

    Args:
        scenario: a name of `anynode scenarios`, or the path of a YAML file.
        seed: decides all chance; the scenario's own, else 1, when None.
        subject: whom to judge.
        config: the user's own configuration file.
        environment: what `{{ env.NAME }}` in it stands for.
        out: the folder of the run; `out/NAME-SEED[-SUBJECT]` when None.
        traffic: `nasa-day` or the path of a recorded day, in place of the scenario's.
        delays: the path of a matrix of round trips in ms, in place of the scenario's.

    Raises:
        ScenarioRefused, ConfigurationError, UnknownSubject, Refused, NotARun: before anything is run.
    """
    decided = plan(
        load(scenario),
        seed=seed,
        subject=subject,
        config=config,
        environment=environment,
        traffic=traffic,
        delays=delays,
    )
    place = out if out is not None else folder.default(decided.scenario.name, decided.seed, subject)
    return carry_out(decided, place)


def carry_out(decided: Plan, out: Path, progress: Callable[[int], None] | None = None) -> Run:
    """Run what was planned into a folder.

    Args:
        decided: the plan.
        out: the folder of the run; a new one, or that of an earlier run, which is replaced.
        progress: told now and then how far simulated time has come, in microseconds.

    Returns:
        What came of it. The run document, the history, the trace and the scenario are in the folder.

    Raises:
        folder.NotARun: the folder holds something else; it is left untouched.
        KeyboardInterrupt: interrupted; the run document has no footer and so says that it is unfinished.
    """
    folder.prepare(out)
    began = time.perf_counter()
    (out / folder.SCENARIO).write_text(_with_its_files(decided, out), encoding="utf-8")
    if decided.config_source != OWN:
        (out / folder.CONFIGURATION).write_text(replayable(decided.configuration), encoding="utf-8")
    with Writer(out / folder.DOCUMENT) as document:
        document.header(_header(decided))
        with (out / folder.HISTORY).open("wb") as history_file, (out / folder.TRACE).open("wb") as trace_file:
            nodes = out / folder.NODES if decided.subject.foreign else None
            outcome, broken = lived(decided, history_file, trace_file, progress, nodes=nodes)
        with uncollected():
            history = read(out / folder.HISTORY)
            findings = judge(history)
        faults = _faults(history)
        for finding in findings:
            document.check(finding)
        for fault in faults:
            document.fault(fault)
        figures = figures_of(next(iter(parts_of(history).values()), history))
        _write_figures(document, decided, figures, history, out)
        if outcome.held.by_node:
            held = {"every_us": outcome.held.every_us, "bytes_each": BYTES_EACH, "by_node": outcome.held.by_node}
            document.figure("held", unit="records", source=_COUNTS, value=held)
        if outcome.noise:
            document.figure("noise", unit="us", source="this machine, while the run lasted", value=outcome.noise)
        power = beside(findings)
        if power is not None:
            document.figure("power", unit="seeds", source="anynode power", value=power)
        footer = _footer(outcome, findings, history, broken, round(time.perf_counter() - began, 3))
        document.footer(footer)
    costs = next(figure.value for figure in figures if figure.name == "costs")
    return _result(decided, footer, findings, faults, costs, out)


def lived(
    decided: Plan,
    history: BinaryIO,
    trace: BinaryIO | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    nodes: Path | None = None,
    batch: int = BATCH,
) -> tuple[Outcome, BrokenAdapter | None]:
    """Let the world live, and see to it that nothing is left of the nodes; a broken adapter ends it early.

    Args:
        decided: the plan.
        history: where its lines go.
        trace: where its lines go; None draws the digest alone.
        progress: told now and then how far simulated time has come, in microseconds.
        nodes: where the nodes may leave what they said, None for nowhere.
        batch: events between two checkpoints of the trace (`simulator.trace.Recorder`).
    """
    crew = decided.prepared.enter(nodes)
    try:
        world = world_of(decided, crew)
        world.batch = batch
        own = decided.prepared.own
        if own is not None:
            return _guarded(world, own, history, trace, progress)
        try:
            return world.run(history, trace, progress), None
        except BrokenAdapter as error:
            return world.outcome(), error
    finally:
        crew.close()


def _guarded(
    world: World,
    own: Callable[[ModuleType], bool],
    history: BinaryIO,
    trace: BinaryIO | None,
    progress: Callable[[int], None] | None,
) -> tuple[Outcome, BrokenAdapter | None]:
    """Let a world live whose nodes are in this process: what of them looks at the machine ends it, and is named."""
    with guarded(own) as guard:

        def told(now: int) -> None:
            if progress is not None:
                with guard.lifted():
                    progress(now)

        try:
            outcome = world.run(history, trace, told)
        except (BrokenAdapter, Impure) as error:
            return world.outcome(), guard.broken() or (error if isinstance(error, BrokenAdapter) else None)
        return outcome, guard.broken()


def _with_its_files(decided: Plan, out: Path) -> str:
    """Copy what the run was told by files into its folder, and return the scenario's text that finds it there."""
    scenario, recording, matrix = decided.scenario, decided.inputs.recording, decided.inputs.matrix
    if recording is not None:
        write_recording(recording.pages, out / folder.TRAFFIC)
    if matrix is not None:
        matrix.write(out / folder.DELAYS, scenario.cluster.nodes)
    if scenario.text and recording is None and matrix is None:
        return scenario.text
    return told_again(
        scenario,
        traffic=None if recording is None else folder.TRAFFIC,
        delays=None if matrix is None else folder.DELAYS,
    )


def world_of(decided: Plan, crew: Crew | None = None) -> World:
    """Build the world that a plan decides, ready to run.

    Args:
        decided: the plan.
        crew: who starts the nodes, to be closed by whoever entered it; one that leaves no trace when None.
    """
    settings, prepared = decided.settings, decided.prepared
    crew = prepared.enter(None) if crew is None else crew
    judged = Judged(
        name=decided.subject.name,
        features=prepared.features,
        contract=prepared.contract,
        make=crew.make,
        ended=crew.ended,
        config=decided.configuration.raw,
        cluster=settings.cluster,
        absolute_us=decided.lifetime.absolute_us,
        idle_us=decided.lifetime.idle_us,
        cookie_name=decided.cookie_name,
        cookie_domain=settings.cookie_domain,
        former_domains=list(settings.former_domains),
        routing=decided.routing,
        store=decided.configuration.store,
        poll_us=settings.poll_us,
    )
    if isinstance(crew, Servers):
        from conformance.live import LiveWorld  # noqa: PLC0415 - only real servers need HTTP

        return LiveWorld(decided.scenario, decided.seed, judged, decided.inputs, crew)
    return World(decided.scenario, decided.seed, judged, decided.inputs)


def _header(decided: Plan) -> Header:
    scenario = decided.scenario
    return Header(
        run=1,
        anynode=installed_version("anynode"),
        scenario=scenario.name,
        title=scenario.title,
        seed=decided.seed,
        subject=decided.subject.name,
        subject_source=decided.subject.source,
        subject_version=decided.subject.version,
        nodes=scenario.cluster.names,
        features=decided.prepared.features,
        contract=decided.prepared.contract,
        expect=scenario.expect.checks,
        requirements=scenario.shows,
        routing=decided.routing,
        store=decided.configuration.store,
        lifetime=decided.lifetime,
        config_source=decided.config_source,
        duration_us=scenario.duration,
        healed_us=scenario.duration,
        command=decided.command,
        balancer=scenario.workload.balancer,
        notes=[
            *decided.configuration.notes,
            *decided.inputs.notes,
            *decided.prepared.notes,
            *_clusters(scenario.cluster.groups),
        ],
    )


def _clusters(groups: Mapping[str, list[str]]) -> list[str]:
    """Say which nodes are of which of several clusters, and what is shown of which."""
    if not groups:
        return []
    which = "; ".join(f"{name}: {_named(nodes)}" for name, nodes in groups.items())
    return [f"clusters {which}; each is judged by itself, and figures are those of {next(iter(groups))}"]


def _faults(history: History) -> list[FaultSeen]:
    offsets = {(clock.clock, clock.t): clock.offset_us for clock in history.clocks}
    return [
        FaultSeen(
            fault=fault.fault,
            nodes=fault.nodes,
            begin=fault.begin,
            end=fault.end,
            touched=fault.touched,
            title=title_of(fault, offsets.get((fault.nodes[0], fault.begin)) if fault.nodes else None),
        )
        for fault in history.faults
    ]


def title_of(fault: Fault, offset_us: int | None = None) -> str:
    """Say in a few words what a fault did, for people.

    Args:
        fault: as the history has it.
        offset_us: how far it set the clock off, where it set one.
    """
    if fault.groups:
        return "cut: " + " | ".join(_named(group) for group in fault.groups)
    if fault.links:
        return f"{fault.fault}: " + ", ".join(f"{sender}→{to}" for sender, to in fault.links)
    by = f" {signed(offset_us)}" if fault.fault == _CLOCK and offset_us is not None else ""
    return f"{fault.fault} {_named(fault.nodes)}{by}".strip()


def _named(nodes: list[str]) -> str:
    """Name nodes, of many the first and the last with how many there are."""
    if len(nodes) <= _NAMED_MOST:
        return " ".join(nodes)
    return f"{nodes[0]} … {nodes[-1]} ({len(nodes)} nodes)"


def _write_figures(document: Writer, decided: Plan, figures: list[Figure], history: History, out: Path) -> None:
    for figure in figures:
        document.figure(figure.name, unit=figure.unit, source=figure.source, value=figure.value)
    if history.header.store == LOCAL:
        return  # nodes that share nothing know of nobody
    found = traced(out / folder.TRACE, buckets_of(history)[0])
    document.figure("membership", unit="state", source=_NOTES, value=found["membership"])
    timing = decided.settings.timing
    gossip = {"fanout": timing.gossip_fanout, "interval_us": timing.gossip_interval}
    document.figure("gossip", unit="us", source="the configuration", value=gossip)
    if found["traffic"]["by_kind"]:
        document.figure("traffic", unit="messages", source="the world's trace", value=found["traffic"])
    document.figure("rumours", unit="notes", source=_NOTES, value=found["rumours"])


def _footer(
    outcome: Outcome, findings: list[Finding], history: History, broken: BrokenAdapter | None, wall_s: float
) -> Footer:
    undecided = (NOT_TESTED, NOT_PROMISED, VACUOUS)
    return Footer(
        digest=outcome.digest,
        verdict=combine(
            findings,
            finished=history.finished,
            adapter_broken=broken is not None,
            untouched=untouched(history),
        ),
        adapter="" if broken is None else str(broken),
        finished=history.finished,
        events=outcome.events,
        messages=outcome.messages,
        requests=outcome.requests,
        operations=outcome.operations,
        simulated_us=outcome.simulated_us,
        wall_s=wall_s,
        not_tested=[
            NotTested(check=finding.check, reason=f"{finding.verdict}: {finding.seen}")
            for finding in findings
            if finding.verdict in undecided
        ],
    )


def _result(
    decided: Plan,
    footer: Footer,
    findings: list[Finding],
    faults: list[FaultSeen],
    costs: dict[str, Any],
    out: Path,
) -> Run:
    return Run(
        scenario=decided.scenario.name,
        title=decided.scenario.title,
        seed=decided.seed,
        subject=decided.subject.name,
        digest=footer.digest,
        verdict=footer.verdict,
        nodes=decided.scenario.cluster.nodes,
        events=footer.events,
        messages=footer.messages,
        requests=footer.requests,
        simulated_s=footer.simulated_us / 1_000_000,
        wall_s=footer.wall_s,
        checks=findings,
        faults=faults,
        not_tested=footer.not_tested,
        costs=costs,
        adapter=footer.adapter,
        folder=out,
        command=decided.command,
    )


def as_json(result: Run, *, report: Path | None, report_s: float) -> dict[str, Any]:
    """Give the result as the one JSON value of `run --json`."""
    value: dict[str, Any] = to_builtins(result, enc_hook=str)
    del value["folder"]
    return {**value, "report_s": report_s, "report": None if report is None else str(report)}
