"""`anynode validate`: a whole verdict on one store, by requirement, with report and badge."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.cli import output

if TYPE_CHECKING:  # the validator loads the whole engine
    from conformance.planning import Plan
    from conformance.validating import Validation


def validate(
    subject: Annotated[
        str,
        typer.Argument(metavar="SUBJECT", help="A subject FILE.yaml, package.module:Class, reference, or broken:NAME."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report; default out/validate-SUBJECT.", metavar="DIR")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Decides all chance; each scenario's own if not given.")
    ] = None,
    expected: Annotated[
        Path | None,
        typer.Option(help="Known failures: YAML with expected: [{requirement, because, link}].", metavar="FILE"),
    ] = None,
    requirement: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Judge this one only (REQ-REPL-10); may be given again.")
    ] = None,
    short: Annotated[
        bool,
        typer.Option("--short", help="Tell long scenarios around their faults; run the fewest on servers."),
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="Say what would run, and why something would not.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> int:
    """Judge a store by all suites: a verdict by requirement, a report with every run's page, JUnit and a badge.

    To try only its adapter: smoke. To run one scenario: run. How to write an adapter: docs/bring-your-own.md.

    Example: anynode validate my-store.yaml --short
    """
    from conformance import folder
    from conformance.expecting import ExpectationRefused, read_expected
    from conformance.planning import plan
    from conformance.subjects.adapter import BrokenAdapter
    from conformance.subjects.file import SubjectRefused
    from conformance.validating import NothingToJudge, is_live
    from conformance.validating import validate as judge
    from scenarios import load

    with (
        output.refusing(SubjectRefused, ExpectationRefused),
        output.refusing(BrokenAdapter, code=output.BROKEN_ADAPTER),
    ):
        known = None if expected is None else read_expected(expected)
        decided = plan(load("steady-lan"), subject=subject)
    if list_:
        return _list(decided, subject, requirement or [], short=short, as_json=as_json)
    place = out if out is not None else Path("out") / f"validate-{folder.short(subject)}"
    options = {"--out": out, "--seed": seed, "--expected": expected}
    command = _again(subject, options, requirement or [], short=short)
    heard = (lambda _line: None) if as_json else output.note
    with (
        output.refusing(NothingToJudge, SubjectRefused),
        output.refusing(BrokenAdapter, code=output.BROKEN_ADAPTER),
    ):
        result = judge(
            subject,
            place,
            command=command,
            seed=seed,
            short=short,
            requirements=requirement or [],
            expected=known,
            heard=heard,
        )
    if as_json:
        output.print_json(result)
    else:
        _tell(result, live=is_live(subject))
    return output.exit_code(result.verdict)


def _again(subject: str, options: dict[str, Path | int | None], requirements: list[str], *, short: bool) -> str:
    words = ["anynode", "validate", subject]
    for option, value in options.items():
        if value is not None:
            words += [option, str(value)]
    for id_ in requirements:
        words += ["--requirement", id_]
    return shlex.join([*words, "--short"] if short else words)


def _list(decided: "Plan", subject: str, ids: list[str], *, short: bool, as_json: bool) -> int:
    """Say what would run, by test, and what would not for want of a feature or of what servers offer."""
    from conformance.listing import Whom, listed
    from conformance.live_choice import as_servers_can
    from conformance.requirements import UnknownRequirement, refuse_unknown
    from conformance.validating import is_live

    with output.refusing(UnknownRequirement):
        refuse_unknown(ids)
    whom = Whom(decided.prepared.features, product=not decided.subject.foreign, simulated=not is_live(subject))
    tests = as_servers_can(listed(whom), subject, short=short)
    if ids:
        tests = [test for test in tests if not set(ids).isdisjoint(test.requirements)]
    if as_json:
        output.print_json(tests)
        return output.HELD
    for test in tests:
        run = [name for name in test.scenarios if name not in test.left_out]
        said = "runs" if not test.why_not else f"not tested: {test.why_not}"
        where = ", ".join(run) or ("no run" if test.scenarios else "no scenario")
        output.say(f"{test.name}\n    {', '.join(test.requirements)}; {where}: {said}")
        for name, why in test.left_out.items():
            output.say(f"    {name}: {why}")
    skipped = sum(bool(test.why_not) for test in tests)
    runs = {name for test in tests if not test.why_not for name in test.scenarios if name not in test.left_out}
    without = sum(not test.why_not and not test.scenarios for test in tests)
    more = f"; without a scenario: {without}" if without else ""
    output.say(f"\n{len(tests)} tests, {skipped} of which would not be tested; {len(runs)} scenarios would run{more}")
    return output.HELD


def _tell(result: "Validation", *, live: bool) -> None:
    for one in result.requirements:
        known = f" (expected: {one.expected})" if one.expected else ""
        output.say(f"{one.verdict:14} {one.id:13} {one.level:6} {one.reason}{known}".rstrip())
        for evidence in one.evidence:
            output.say(f"{'':14} again: {evidence['again']}")
    for id_ in result.unexpected:
        output.say(f"holds although its failure was expected: {id_}; take it from the file")
    replayable = "a run gives the same digest again" if result.replayable else "two runs of one seed differed"
    if live:
        replayable = "no: time is real"
    output.say(
        f"\n{result.subject}: {result.verdict}\nreplayable: {replayable}; digest {result.digest[:12]}\n"
        f"report:  {result.report}\nagain:   {result.command}"
    )
