"""How times, counts, verdicts and operations read in a sentence, the same on the page, in Markdown and in JUnit.

Plain text in, plain text out: escaping is the business of whoever renders it. Nothing is judged here; a verdict is only
put into words.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from conformance import verdict
from conformance.history import Contract
from conformance.verdict import Evidence, Finding
from reports.document import FaultSeen, RunDocument

SECOND_US: Final = 1_000_000
ID_SHOWN: Final = 8
"""Letters of a session's hash that tell it from the others of a run; the record has them all."""

_MS_US: Final = 1_000
_HOUR_S: Final = 3_600

NOT_THE_PRODUCT: Final = (
    "Judged here: anynode's reference store, built from the product's documentation. "
    "This says nothing of the product's own binary."
)
NOT_THE_PRODUCT_EITHER: Final = (
    "Judged here: the subject named above, by what its clients saw. Where it builds on anynode's reference store, "
    "that is not the product: this says nothing of the product's own binary."
)

SHOWN: Final = "shown"
"""What a requirement is that a check found kept, and none broken: one run shows it, and proves nothing of others."""

SYMBOLS: Final = {
    verdict.HOLDS: "✓",
    SHOWN: "✓",
    verdict.VIOLATED: "✗",
    verdict.UNKNOWN: "?",
    verdict.VACUOUS: "∅",
    verdict.NOT_PROMISED: "-",
    verdict.NOT_TESTED: "-",
    verdict.UNFINISHED: "…",
    verdict.BROKEN_ADAPTER: "!",
}
"""One sign a verdict, so that nothing is said by colour alone."""

TONES: Final = {
    verdict.HOLDS: "good",
    SHOWN: "good",
    verdict.VIOLATED: "bad",
    verdict.UNKNOWN: "doubt",
    verdict.VACUOUS: "doubt",
    verdict.NOT_PROMISED: "outside",
    verdict.NOT_TESTED: "outside",
    verdict.UNFINISHED: "outside",
    verdict.BROKEN_ADAPTER: "bad",
}
"""The colour of a verdict, by its name in `reports.palette`."""

MEANINGS: Final = {
    verdict.HOLDS: "kept, as far as this run can show",
    verdict.VIOLATED: "a contradiction was found",
    verdict.UNKNOWN: "no answer within the budget",
    verdict.VACUOUS: "nothing to judge: this is no pass",
    verdict.NOT_PROMISED: "measured only: the subject does not promise it",
    verdict.NOT_TESTED: "not judged in this run",
    verdict.UNFINISHED: "the run stopped before its end",
    verdict.BROKEN_ADAPTER: "the subject did not speak the protocol",
}

_TOUCHED: Final = {
    "cut": ("message stopped", "messages stopped"),
    "loss": ("message lost", "messages lost"),
    "duplicate": ("message repeated", "messages repeated"),
    "reorder": ("message made late", "messages made late"),
    "slow": ("message made late", "messages made late"),
    "bandwidth": ("message that waited", "messages that waited"),
    "clog": ("message held back", "messages held back"),
    "slow-node": ("event done late", "events done late"),
    "crash": ("crash", "crashes"),
    "leave": ("node left", "nodes left"),
    "upgrade": ("node upgraded", "nodes upgraded"),
    "cookie-domain": ("node given another domain", "nodes given another domain"),
    "wrong-key": ("node under another key", "nodes under another key"),
    "corrupt": ("frame changed", "frames changed"),
    "replay": ("frame played back", "frames played back"),
    "join": ("node joined", "nodes joined"),
    "pause": ("event put off", "events put off"),
    "clock": ("clock set", "clocks set"),
    "discovery": ("lookup answered wrongly", "lookups answered wrongly"),
    "stale-discovery": ("lookup answered by an old list", "lookups answered by an old list"),
}
"""What each fault of the simulator counts, as one and as many."""

_WORST: Final = (verdict.VIOLATED, verdict.UNKNOWN)
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def seconds(us: int) -> str:
    """Write a time in seconds, exact to the microsecond, without trailing zeros: 500000 is "0.5 s"."""
    sign = "-" if us < 0 else ""
    whole, part = divmod(abs(us), SECOND_US)
    digits = f"{part:06d}".rstrip("0")
    return f"{sign}{whole:,}{'.' if digits else ''}{digits} s"


def rounded(us: int) -> str:
    """Write a time as a person would say it: below a second in ms, below 10 ms to the microsecond; else in seconds."""
    if us == 0 or abs(us) >= SECOND_US - _MS_US // 2:
        return seconds(_to_ms(us))
    whole = us if abs(us) < 10 * _MS_US else _to_ms(us)
    return seconds(whole * 1_000).replace(" s", " ms")


def _to_ms(us: int) -> int:
    return (us + _MS_US // 2) // _MS_US * _MS_US


def instant(us: int) -> str:
    """Write a time since the start: as `rounded`, from two hours on in hours, minutes and whole seconds."""
    if us < 2 * _HOUR_S * SECOND_US:
        return rounded(us)
    hours, rest = divmod(us // SECOND_US, _HOUR_S)
    minutes, left = divmod(rest, 60)
    parts = [f"{hours:,} h", f"{minutes} min" if minutes else "", f"{left} s" if left else ""]
    return " ".join(part for part in parts if part)


def octets(number: int) -> str:
    """Write a number of octets in the greatest of B, kB and MB that it fills, with one digit below ten: "1.2 kB"."""
    for size, unit in ((1_000_000, "MB"), (1_000, "kB")):
        if number >= size:
            tenths = number * 10 // size
            return f"{tenths // 10:,} {unit}" if tenths >= 100 else f"{tenths / 10:.1f} {unit}"  # noqa: PLR2004 (ten)
    return f"{number} B"


def share(part: int, whole: int) -> str:
    """Write a share of a count in percent, cut so that only all of it is 100 %: "99.94 %"; "none" of nothing."""
    if not whole:
        return "none"
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}{f'.{hundredths % 100:02d}'.rstrip('0').rstrip('.')} %"


def span(us: int) -> str:
    """Write a time in the greatest of µs, ms and s that it fills: "10 ms"."""
    if us >= SECOND_US:
        return f"{us // SECOND_US:,} s"
    return f"{us} µs" if us < 1_000 else f"{us // 1_000} ms"  # noqa: PLR2004 (µs in a ms)


def begun(sentence: str) -> str:
    """Begin a sentence with a capital; names of nodes and operations (n1, c4-16) stay as they are."""
    first = sentence.split(" ", 1)[0].rstrip(",;:.")
    return sentence[:1].upper() + sentence[1:] if first.isalpha() else sentence


def count(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun: "1 check", "12,904 operations"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """Write names as a list in a sentence: "a, b and c"; "none" when there are none."""
    if not names:
        return "none"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def visible(text: str) -> str:
    r"""Make what cannot be seen visible: control characters, text direction marks and the like become \u escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"\\u{ord(char):04x}" if unicodedata.category(char) in _INVISIBLE and char not in "\n\t" else char
        for char in text
    )


def spoken(check: str) -> str:
    """Write the name of a check as words: no_resurrection is "no resurrection"."""
    return check.replace("_", " ")


def judged(finding: Finding) -> str:
    """Say how much a check used, in the words of what it counts (conformance.verdict.Finding)."""
    if finding.check.startswith("no_resurrection"):
        return count(finding.judged, "ended session")
    if finding.check == "convergence":
        return count(finding.judged, "observers' read", "observers' reads")
    return count(finding.judged, "operation")


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Put what needs eyes first: violated, unknown, expected and yet not held, holds, the rest; expected ones lead."""

    def rank(finding: Finding) -> int:
        if finding.verdict in _WORST:
            return _WORST.index(finding.verdict)
        held = finding.verdict == verdict.HOLDS
        return len(_WORST) + (1 if held else 0 if finding.expected else 2)

    return sorted(findings, key=lambda finding: (rank(finding), not finding.expected))


def sentence(document: RunDocument) -> str:
    """Say the verdict of a run, and over how much, in one sentence."""
    head = document.header
    run = f"in 1 run of seed {head.seed}"
    footer = document.footer
    if footer is not None and footer.verdict == verdict.BROKEN_ADAPTER:
        return f"Broken adapter {run}: its store was not judged. {footer.adapter}".rstrip()
    if footer is None or not footer.finished:
        why = "has no last line" if footer is None else "says that it was interrupted"
        return f"The run did not finish: its document {why}. What it had recorded is shown; there is no verdict."
    over = f"over {count(footer.operations, 'operation')}"
    named = _named(document.checks, footer.verdict)
    sentences = {
        verdict.HOLDS: f"Held {run}: {named}, {over}.",
        verdict.VIOLATED: f"Violated {run}: {named}, {over}.",
        verdict.UNKNOWN: f"Unknown {run}: {named} found no answer within the budget, {over}.",
        verdict.VACUOUS: f"Nothing to judge {run}: {named or 'a fault that counts'} met nothing, which is no pass.",
        verdict.NOT_TESTED: f"Not tested {run}: no check that the scenario expects was judged, which is no pass.",
    }
    return sentences.get(footer.verdict, f"{footer.verdict} {run}, {over}.")


def _named(findings: Sequence[Finding], word: str) -> str:
    """Name the checks that a verdict rests on: those of that verdict, for `holds` and `vacuous` the expected ones."""
    only_expected = word in (verdict.HOLDS, verdict.VACUOUS)
    rests = [found for found in findings if found.verdict == word and (found.expected or not only_expected)]
    return listed([spoken(found.check) for found in rests])


def contract(promises: Contract) -> list[tuple[str, str]]:
    """Say what the subject promises about itself, as names and values (protocol, part 2)."""
    return [
        ("converge", f"all nodes agree within {seconds(promises.converge_us)}"),
        ("detect", f"a crash is known to all within {seconds(promises.detect_us)}"),
        ("clock skew", f"clocks are off by at most {seconds(promises.clock_skew_us)}"),
        ("idle slack", f"at most {seconds(promises.idle_slack_us)} of activity may be forgotten"),
        ("survives crashes", f"{count(promises.survives_crashes, 'crash loses', 'crashes lose')} nothing"),
    ]


def touched(fault: FaultSeen) -> str:
    """Say what a fault touched; one that touched nothing proves nothing."""
    if fault.touched == 0:
        return "touched nothing: it shows nothing"
    counted = _TOUCHED.get(fault.fault)
    return count(fault.touched, *counted) if counted is not None else f"{fault.touched:,} touched"


def offset(us: int) -> str:
    """Say how far a clock was off: in days from two days on, and in which direction."""
    day = 86_400 * SECOND_US
    far = f"{abs(us) // day:,} days" if abs(us) >= 2 * day else instant(abs(us))
    return f"{far} {'behind' if us < 0 else 'ahead'}"


def signed(us: int) -> str:
    """Write an offset in seconds with its sign; in days from two days on: "+0.45 s", "-365 days"."""
    day = 86_400 * SECOND_US
    far = f"{abs(us) // day:,} days" if abs(us) >= 2 * day else seconds(abs(us))
    return f"{'-' if us < 0 else '+' if us else ''}{far}"


def by_operation(counts: Mapping[str, int]) -> str:
    """Say how many requests of each kind there were, the most first: "207: 146 writes, 61 logins"."""
    if not counts:
        return "0"
    kinds = sorted(counts.items(), key=lambda kind: (-kind[1], kind[0]))
    parts = [count(number, operation) for operation, number in kinds]
    return parts[0] if len(parts) == 1 else f"{sum(counts.values()):,}: {', '.join(parts)}"


def when(fault: FaultSeen) -> str:
    """Say from when to when a fault lasted."""
    start = instant(fault.begin)
    return f"from {start}, never undone" if fault.end is None else f"{start} to {instant(fault.end)}"


def figures(finding: Finding) -> list[tuple[str, str]]:
    """Write the measurements of a finding that decide nothing; names with the unit us are times."""
    return [_measured(name, value) for name, value in finding.figures.items()]


def _measured(name: str, value: Any) -> tuple[str, str]:
    """Put one measurement into words: its name without the unit, and its value; members of a value in parentheses."""
    parts = name.split("_")
    if "us" in parts and type(value) is int:
        return " ".join(part for part in parts if part != "us"), rounded(value)
    if isinstance(value, dict):
        return spoken(name), ", ".join(_member(key, held) for key, held in value.items() if held is not None) or "none"
    return spoken(name), f"{value:,}" if type(value) is int else "none" if value is None else raw(value)


def _member(name: str, value: Any) -> str:
    said, told = _measured(name, value)
    return f"{said} ({told})" if isinstance(value, dict) else f"{said} {told}"


def raw(value: Any) -> str:
    """Write any JSON value as JSON; text as it is."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def told(evidence: Evidence) -> str:
    """Tell one operation of a witness in a sentence: who asked what of which node, and what was answered when.

    The witness of `sealing` is no operation but a fault, of which no client saw anything.
    """
    operation = evidence.operation
    if "fault" in operation:
        return f"fault {operation['fault']} from {rounded(operation['from'])} on: {raw(operation)}"

    def member(name: str) -> str:
        return raw(operation[name])

    def instant(name: str) -> str:
        value = operation[name]
        return rounded(value) if type(value) is int else raw(value)

    def given(name: str) -> bool:
        return operation.get(name) is not None

    words = [member("op") if given("op") else "operation"]
    words += [f"of key {member('key')}"] if given("key") else []
    words += [f"value {member('value')}"] if given("value") else []
    words += [f"by {member('client')}"] if given("client") else []
    words += [f"for user {member('user')}"] if given("user") else []
    words += [f"on {member('node')}"] if given("node") else []
    parts = [" ".join(words)]
    parts += [f"session {member('session')[:ID_SHOWN]}"] if given("session") else []
    parts += [f"asked at {instant('asked')}"] if given("asked") else []
    parts += [f"answered at {instant('answered')}" if given("answered") else "never answered"]
    outcome = member("outcome") if given("outcome") else "no outcome"
    outcome += f" ({member('why')})" if given("why") else ""
    outcome += f", data {member('data')}" if given("data") else ""
    return f"{', '.join(parts)}: {outcome}"
