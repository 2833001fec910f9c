"""A shrunk failure as a scenario file: what fails in its title, what was seen above it. It knows no run."""

import re
import textwrap

from conformance.shrinking.trial import Failing
from conformance.verdict import Finding
from scenarios.telling import as_text

TITLE_MOST = 100
WIDTH = 116
_REQUIREMENT = re.compile(r"(REQ-[A-Z]+|COOK)-\d+")
ORDER = (
    "title", "shows", "seed", "duration", "config", "cluster", "network", "workload", "observers", "wire", "faults",
    "expect",
)  # fmt: skip
"""The keys of a scenario file in the order in which people write them."""


def told(failing: Failing, origin: str, seed: int) -> str:
    """Write the file.

    Args:
        failing: the run that fails.
        origin: half a sentence that says what it was shrunk from.
        seed: under which it fails.
    """
    finding = failing.finding
    shows = [known for known in finding.requirements if _REQUIREMENT.fullmatch(known)]
    said = {
        **failing.data,
        "title": title_of(finding, failing.reason.kind),
        "shows": shows or failing.data["shows"],
        "seed": seed,
        "expect": {"checks": [finding.check]},
    }
    comment = textwrap.fill(f"{finding.seen[:1].upper()}{finding.seen[1:]}.", WIDTH) + f"\nShrunk from {origin}."
    return as_text({key: said[key] for key in ORDER if key in said}, comment)


def title_of(finding: Finding, kind: str) -> str:
    """Say in one line what fails."""
    text = " ".join(f"{finding.check.replace('_', ' ')}: {kind}".split())
    return text if len(text) <= TITLE_MOST else text[: TITLE_MOST - 1].rsplit(" ", 1)[0] + "…"
