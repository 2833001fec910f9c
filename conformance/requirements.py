"""The requirements catalogue: reads `requirements.yaml`, where each has its id, sentence, level and source.

What shows a requirement is said by tests, checks and scenarios themselves; `conformance.catalogue` brings it together.
No rule lives here.
"""

import difflib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

import msgspec
import yaml
from msgspec import Struct

LEVELS = ("MUST", "SHOULD", "MAY")
"""How strictly a requirement may be meant, the strictest first."""


class Requirement(Struct, frozen=True, forbid_unknown_fields=True):
    """One requirement.

    Attributes:
        id: written whole, as everywhere: REQ-REPL-10 for the facts' rows, COOK-68 for those of the cookie rules.
        sentence: what is required, in our own words.
        level: how strictly.
        applies_to: any store, or the product with its own configuration, cookie and channels.
        source: codes of the sources; none where nothing was found.
        basis: whether they state it, or we infer it.
        not_testable: why the probe application cannot show it; "" where it can.
        unseen: why no client sees it broken, so that no broken store can show that; tests of the reference do.
    """

    id: str
    sentence: str
    level: Literal["MUST", "SHOULD", "MAY"]
    applies_to: Literal["store", "orchestrator"]
    source: tuple[str, ...]
    basis: Literal["stated", "inferred"]
    not_testable: str = ""
    unseen: str = ""

    @property
    def area(self) -> str:
        """What the id begins with: REQ-REPL."""
        return self.id.rpartition("-")[0]


@cache
def requirements() -> MappingProxyType[str, Requirement]:
    """Read the catalogue: every requirement by its id, in the order of the file.

    Raises:
        ValueError: an id is there twice.
        msgspec.ValidationError: an entry is not as `Requirement` says.
    """
    text = files("conformance").joinpath("requirements.yaml").read_bytes()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = msgspec.convert(yaml.load(text, Loader=loader), tuple[Requirement, ...])  # noqa: S506 (a safe loader)
    found = {entry.id: entry for entry in entries}
    if len(found) != len(entries):
        raise ValueError("conformance/requirements.yaml: an id is there twice; each requirement has one entry")
    return MappingProxyType(found)


class UnknownRequirement(ValueError):
    """An id that is none of the catalogue; the text names the nearest."""


def refuse_unknown(ids: Iterable[str]) -> None:
    """Refuse what `--requirement` was given, where it is no requirement's id.

    Raises:
        UnknownRequirement: naming it and the nearest.
    """
    known = list(requirements())
    for id_ in ids:
        if id_ not in known:
            raise UnknownRequirement(
                f"--requirement: found '{id_}', which is no requirement's id; {nearest(id_)}, written whole"
            )


def nearest(id_: str) -> str:
    """Say which requirement was probably meant by an id that is none."""
    near = difflib.get_close_matches(id_, list(requirements()), 1, cutoff=0)[0]
    return f"the nearest is '{near}'"
