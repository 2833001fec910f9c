"""What can be wrong with a configuration, as values and as errors. No control flow lives here.

A `Finding` is one mistake (or one remark of doctor's); the errors carry findings to whoever asked for a configuration.
"""

from collections.abc import Sequence

from msgspec import Struct

REFUSAL = "refusal"
"""The configuration cannot do what it says; nothing runs with it."""
WARNING = "warning"
"""It runs, and most likely not as meant."""
HINT = "hint"
"""Worth knowing; decides nothing."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing to say about one place of one file.

    Attributes:
        level: `refusal`, `warning` or `hint`.
        rule: the stable name of the rule that speaks ("unknown-key").
        file: the file as it was named; "" when the configuration came from none.
        path: the key path (`clusters[0].encryption.psk`); "" for the file as a whole.
        line: line in the file, from 1; 0 when there is none.
        found: what stands there; never a secret.
        write: what to write or do instead, as an order.
        because: why that matters.
        requirement: the requirement behind it, whole ("REQ-CFG-10"); "" when the rule is this project's own.
        nearest: the nearest right key or name; "" when nothing is near.
        complaint: the entry of the source document's troubleshooting list that this answers; "" when none.
    """

    level: str
    rule: str
    file: str = ""
    path: str = ""
    line: int = 0
    found: str
    write: str
    because: str = ""
    requirement: str = ""
    nearest: str = ""
    complaint: str = ""

    @property
    def place(self) -> str:
        """Where to look: file and line as editors read them, then the key path."""
        file = self.file or ("line" if self.line else "")
        return ": ".join(part for part in (f"{file}:{self.line}" if self.line else file, self.path) if part)

    def __str__(self) -> str:
        reasons = "; ".join(part for part in (self.because, self.requirement) if part)
        start = f"{self.place}: " if self.place else ""
        return f"{start}found {self.found}; {self.write}" + (f" ({reasons})" if reasons else "")


class ConfigurationError(Exception):
    """A configuration that cannot be used.

    Attributes:
        findings: every mistake that was found, in the order of the file.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


class Unreadable(ConfigurationError):
    """The text is no YAML mapping: nothing in it was judged."""


class Refused(ConfigurationError):
    """The text was read and breaks rules."""


class Malformed(ValueError):
    """A value that is not written as the product writes such values.

    Attributes:
        problem: what is wrong with it, without the value itself, which may be secret.
        write: what to write instead, as an order.
    """

    def __init__(self, problem: str, write: str) -> None:
        super().__init__(f"{problem}; {write}")
        self.problem = problem
        self.write = write
