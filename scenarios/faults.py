"""What may be written under `faults:`: which key says what fault an entry is, and the union of their models.

A fault's `at` counts from the start of the run, when the nodes start, not from when the users come. The models are in
`faults_of_links.py` and `faults_of_nodes.py`, what several entries must not say together in `faults_together.py`.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag

from scenarios.faults_of_links import (
    HALVES,
    REST,
    RING,
    Bandwidth,
    Bridge,
    Clog,
    Corrupt,
    Duplicate,
    Isolate,
    Loss,
    OneWay,
    Partition,
    Reorder,
    Replay,
    Slow,
    groups_of,
    ring_cuts,
)
from scenarios.faults_of_nodes import (
    ALL,
    ANSWERING,
    Clock,
    CookieDomain,
    Crash,
    Discovery,
    Join,
    Leave,
    Pause,
    SlowNode,
    Upgrade,
    WrongKey,
    crashed,
)
from scenarios.faults_together import joining, refuse_lateness, refuse_nonsense
from scenarios.strict import Strict, nearest

__all__ = [
    "ALL", "ANSWERING", "HALVES", "KINDS", "OF_FRAMES", "REST", "RING",
    "Bandwidth", "Bridge", "Clock", "Clog", "CookieDomain", "Corrupt", "Crash", "Discovery", "Duplicate", "Fault",
    "Isolate", "Join", "Leave", "Loss", "OneWay", "Partition", "Pause", "Reorder", "Replay", "Slow", "SlowNode",
    "Upgrade", "WrongKey",
    "crashed", "groups_of", "joining", "refuse_lateness", "refuse_nonsense", "ring_cuts",
]  # fmt: skip

OF_FRAMES = (Corrupt, Replay, WrongKey, Upgrade)
"""Faults that mean nothing where messages travel unsealed."""

KINDS: dict[str, type[Strict]] = {
    "partition": Partition,
    "one-way": OneWay,
    "crash": Crash,
    "leave": Leave,
    "join": Join,
    "pause": Pause,
    "slow-node": SlowNode,
    "clock": Clock,
    "loss": Loss,
    "duplicate": Duplicate,
    "reorder": Reorder,
    "slow": Slow,
    "bandwidth": Bandwidth,
    "clog": Clog,
    "corrupt": Corrupt,
    "replay": Replay,
    "discovery": Discovery,
    "wrong-key": WrongKey,
    "upgrade": Upgrade,
    "cookie-domain": CookieDomain,
}
"""Which key of an entry says what fault it is."""

_BESIDE = ("at", "for", "after", "becomes", "but", "by", "drift", "flapping", "jump", "links", "offset", "queue")
"""Keys that say more of a fault, and not which it is."""


def _one_fault(value: Any) -> Any:
    """Refuse what is not exactly one fault, before its model is chosen."""
    if isinstance(value, Strict):
        return value
    if not isinstance(value, dict):
        raise ValueError(f"is {value!r}, expected a mapping; write {{at: 60s, for: 2m, partition: [[n1], rest]}}")  # noqa: TRY004 - pydantic
    found = [kind for kind in KINDS if kind in value]
    if len(found) > 1:
        raise ValueError(f"holds {len(found)} faults, {' and '.join(found)}; write an entry for each")
    if not found:
        strange = [key for key in value if key not in _BESIDE]
        meant = nearest(str(strange[0]), list(KINDS)) if strange else f"write one of {', '.join(KINDS)}"
        what = f"has the unknown key '{strange[0]}' and " if strange else ""
        raise ValueError(f"{what}names no fault; {meant}")
    return value


def _kind(value: Any) -> str | None:
    for kind, model in KINDS.items():
        if type(value) is model or (isinstance(value, dict) and kind in value):
            return f"<{kind}>"
    return None


Fault = Annotated[
    Annotated[Partition, Tag("<partition>")]
    | Annotated[OneWay, Tag("<one-way>")]
    | Annotated[Crash, Tag("<crash>")]
    | Annotated[Leave, Tag("<leave>")]
    | Annotated[Join, Tag("<join>")]
    | Annotated[Pause, Tag("<pause>")]
    | Annotated[SlowNode, Tag("<slow-node>")]
    | Annotated[Clock, Tag("<clock>")]
    | Annotated[Loss, Tag("<loss>")]
    | Annotated[Duplicate, Tag("<duplicate>")]
    | Annotated[Reorder, Tag("<reorder>")]
    | Annotated[Slow, Tag("<slow>")]
    | Annotated[Bandwidth, Tag("<bandwidth>")]
    | Annotated[Clog, Tag("<clog>")]
    | Annotated[Corrupt, Tag("<corrupt>")]
    | Annotated[Replay, Tag("<replay>")]
    | Annotated[Discovery, Tag("<discovery>")]
    | Annotated[WrongKey, Tag("<wrong-key>")]
    | Annotated[Upgrade, Tag("<upgrade>")]
    | Annotated[CookieDomain, Tag("<cookie-domain>")],
    Discriminator(_kind),
    BeforeValidator(_one_fault),
]
"""One entry of `faults:`."""
