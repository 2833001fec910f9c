"""`anynode smoke`: whether an adapter speaks the protocol, in seconds."""

from typing import Annotated

import typer

from conformance.cli import output


def smoke(
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="A subject FILE.yaml, package.module:Class, or reference.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> int:
    """Try an adapter: does it speak the protocol? Every mistake comes with its mend.

    Says nothing of the store; to judge that: validate. The protocol: docs/subject-protocol.md.
    """
    from conformance import smoke as smoking
    from conformance.subjects.adapter import printable
    from conformance.subjects.file import SubjectRefused
    from conformance.subjects.naming import subject_named

    with output.refusing(SubjectRefused):
        smoked = smoking.smoke(subject_named(subject))
    if as_json:
        output.print_json(smoked)
    else:
        for step in smoked.steps:
            output.say(f"{'ok' if step.ok else 'broken':7} {step.step}: {step.said}")
        judge, again = (output.repeating([command, subject]) for command in ("validate", "smoke"))
        end = f"the adapter of {printable(smoked.subject)} speaks the protocol; to judge the store: {judge}"
        output.say(end if smoked.fine else f"\nthe adapter is broken\nagain: {again}")
    return output.HELD if smoked.fine else output.BROKEN_ADAPTER
