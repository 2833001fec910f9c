"""`anynode cookie`: what browsers do with the cookies of an answer, and cases of it."""

import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.cli import output

if TYPE_CHECKING:
    from conformance.cookie_cases import Tried
    from conformance.cookie_lint import Told

AT = "https://app.example.com/"
STDIN = "-"
TIMEOUT_S = 10


def cookie(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE…",
            help="URLs that are asked, files with a saved answer, or - for header lines from stdin.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[str, typer.Option("--at", help="Whose answer a file or stdin holds.", metavar="URL")] = AT,
    name: Annotated[
        str | None, typer.Option(help="Look at the cookie of that name alone.", metavar="NAME", show_default=False)
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(
            help="Try a file of cases of what browsers do, in the form of own.json, instead.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> int:
    """Tell what a browser keeps of each cookie, where it sends it, and what is wrong with it as a session cookie.

    Exit code 1: a cookie is refused, or breaks a MUST, or a case went wrong. To look at a configuration: doctor.
    """
    if cases is not None:
        return _try_cases(cases, as_json=as_json)
    if not sources:
        raise output.failure("anynode cookie", "neither SOURCE nor --cases", "one of them", "write anynode cookie URL")
    told = [(source, one) for source in sources for one in _look_at(source, at) if name in (None, one.name)]
    if not told:
        whose = "no Set-Cookie line" if name is None else f"no cookie named '{name}'"
        raise output.failure(", ".join(sources), whose, "at least one", "ask for a page that sets the session's cookie")
    bad = any(one.refused or any(fault.level == "MUST" for fault in one.faults) for _, one in told)
    if as_json:
        from msgspec import to_builtins

        output.print_json({"cookies": [{"source": source, **to_builtins(one)} for source, one in told]})
    else:
        for source, one in told:
            _tell(source, one)
    return output.VIOLATED if bad else output.HELD


def _look_at(source: str, at: str) -> "list[Told]":
    from time import time  # noqa: TID251 - dates of cookies are judged as a browser would now

    from conformance.cookie_lint import look_at
    from simulator.clock import s
    from simulator.visits import visit

    thing, url = ("SOURCE", source) if "://" in source else ("--at", at)
    try:
        asked = visit(url)
    except ValueError as error:
        mend = "write http or https, a host, and a port up to 65535 if any"
        raise output.failure(thing, f"'{url}'", "a URL such as https://shop.example.com/cart", mend) from error
    lines = _asked(source) if "://" in source else _read(source)
    return look_at(lines, asked, s(int(time())))


def _asked(url: str) -> list[str]:
    """Ask for a page, and give the lines of its answer; redirects are not followed, each answer has its own cookies."""
    import httpx

    try:
        answer = httpx.get(url, timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise output.failure(
            url, str(error) or type(error).__name__, "an answer", "name a page that answers"
        ) from error
    return [value.decode("latin-1") for key, value in answer.headers.raw if key.lower() == b"set-cookie"]


def _read(source: str) -> list[str]:
    """Give the lines that begin with `Set-Cookie:`; all lines where none does and no status line comes first.

    Behind a status line the header alone is read.
    """
    try:
        octets = sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
    except OSError as error:
        raise output.failure(
            source, error.strerror or str(error), "a saved answer, a URL with its scheme, or -", "write https://…"
        ) from error
    lines = [line.rstrip("\r") for line in octets.decode("latin-1").strip("\r\n").split("\n")]
    whole_answer = lines[0].startswith("HTTP/")
    if whole_answer:
        lines = _header(lines)
    said = [line.partition(":")[2].strip(" \t") for line in lines if line[:11].lower() == "set-cookie:"]
    return said if said or whole_answer else [line for line in lines if line.strip()]


def _header(lines: list[str]) -> list[str]:
    """Leave out the body: all behind an empty line, unless a next answer begins there, as it does after a 100."""
    ends = (at for at, (line, following) in enumerate(pairwise(lines)) if not line and following[:5] != "HTTP/")
    return lines[: next(ends, len(lines))]


def _tell(source: str, one: "Told") -> None:
    from conformance.cookie_lint import printable

    output.say(f"{source}: {printable(one.name) or '(no name)'}")
    if one.refused is not None:
        output.say(f"  refused   {printable(one.refused.why)} ({one.refused.rule})")
    else:
        output.say(f"  kept      {one.lives}")
        if one.sent_to:
            output.say(f"  sent to   {printable(one.sent_to)}")
    for fault in one.faults:
        output.say(f"  {fault.level.lower():9} {fault.found}; {fault.write} ({fault.rule})")


def _try_cases(path: Path, *, as_json: bool) -> int:
    from conformance.cookie_cases import DISPUTED, RIGHT, WRONG, NoCases, read, try_case

    with output.refusing(NoCases):
        tried = [try_case(case) for case in read(path)]
    wrong = [one for one in tried if one.outcome == WRONG]
    disputed = [one.id for one in tried if one.outcome == DISPUTED]
    right = sum(one.outcome == RIGHT for one in tried)
    if as_json:
        output.print_json(
            {"cases": len(tried), "right": right, "wrong": [one.id for one in wrong], "disputed": disputed}
        )
    else:
        _tell_cases(path, tried, wrong, disputed)
    return output.VIOLATED if wrong else output.HELD


def _tell_cases(path: Path, tried: "list[Tried]", wrong: "list[Tried]", disputed: list[str]) -> None:
    for one in wrong:
        output.say(f"wrong     {one.id}: {one.url}: sent '{one.sent}', expected '{one.expected}'")
    if disputed:
        output.say(f"disputed  {', '.join(disputed)}: what was sent is allowed too")
    right = len(tried) - len(wrong) - len(disputed)
    output.say(f"{path}: {len(tried)} cases, {right} right, {len(wrong)} wrong, {len(disputed)} disputed")
