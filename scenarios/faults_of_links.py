"""What may be written of the ways between nodes under `faults:`, one model a fault: cuts, and troubles of messages."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from scenarios.durations import Duration, Positive, Rate, Share, Size
from scenarios.strict import Strict, nearest

REST: Final = "rest"
"""In place of a group of nodes: all that no other group names."""
HALVES: Final = "halves"
"""The first half of the nodes and the others; of an odd number the others are one more."""
RING: Final = "majority-ring"
"""Each node reaches a majority, its neighbours on a ring, and no two reach the same."""
TOO_LATE_US: Final = 3_000_000
"""What is on its way for so long is for a store as if it were lost: by then all must agree (protocol, part 2)."""
RING_LEAST = 4
"""Of fewer nodes on a ring each is everybody's neighbour."""

NODE_PATTERN = r"^n[1-9]\d*$"
NodeName = Annotated[str, WithJsonSchema({"type": "string", "pattern": NODE_PATTERN})]
"""Which nodes there are, `refuse_nonsense` knows; the pattern is for editors."""
LinkName = Annotated[list[NodeName], Field(min_length=2, max_length=2)]
"""[from, to]."""


def _group(value: object) -> list[str]:
    if value == REST:
        return [REST]
    if not isinstance(value, list) or not value or not all(isinstance(node, str) for node in value):
        raise ValueError(f"is {value!r}, expected a list of nodes or the word rest; write [[n1], rest]")
    return value


Group = Annotated[
    list[str],
    BeforeValidator(_group),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": NODE_PATTERN}},
                {"const": REST},
            ]
        }
    ),
]


class Isolate(Strict):
    """One node on one side, all others on the other."""

    isolate: NodeName


class Bridge(Strict):
    """Two halves that cannot reach each other, and one node that both reach."""

    bridge: NodeName


def _form(value: Any) -> Any:
    """Refuse what is no form of a partition, before one is chosen."""
    if isinstance(value, str) and value not in (HALVES, RING):
        raise ValueError(f"is '{value}', and groups are written [[n1], rest]; {nearest(value, [HALVES, RING])}")
    if not isinstance(value, (str, list, dict, Isolate, Bridge)):
        raise ValueError(f"is {value!r}, expected groups of nodes or a form of cut; write [[n1], rest]")  # noqa: TRY004 - pydantic
    return value


def _which_form(value: Any) -> str:
    if isinstance(value, (dict, Isolate, Bridge)):
        return "<bridge>" if isinstance(value, Bridge) or "bridge" in value else "<isolate>"
    return "<word>" if isinstance(value, str) else "<groups>"


Form = Annotated[
    Annotated[list[Group], Field(min_length=2), Tag("<groups>")]
    | Annotated[Literal["halves", "majority-ring"], Tag("<word>")]
    | Annotated[Isolate, Tag("<isolate>")]
    | Annotated[Bridge, Tag("<bridge>")],
    Discriminator(_which_form),
    BeforeValidator(_form),
]


class Flapping(Strict):
    """How long the way is cut and how long it is open, in turn, as with a bad cable or a route that comes and goes."""

    cut: Positive
    open: Positive


class Partition(Strict):
    """Nodes cannot reach each other.

    Attributes:
        partition: groups, of which no node reaches one of another; or a form of cut: halves, majority-ring,
            {isolate: n1} from all others, {bridge: n3} between two halves of the others.
        flapping: the cut comes and goes; without it, it stays.
    """

    at: Duration
    for_: Positive
    partition: Form
    flapping: Flapping | None = None


class Ends(Strict):
    """From whom to whom nothing is carried."""

    from_: Annotated[list[NodeName], Field(min_length=1)]
    to: Annotated[list[NodeName], Field(min_length=1)]


class OneWay(Strict):
    """Messages in one direction are lost, those of the other arrive."""

    at: Duration
    for_: Positive
    one_way: Ends


class _OnLinks(Strict):
    at: Duration
    for_: Positive
    links: list[LinkName] | None = None


class Loss(_OnLinks):
    """A share of the messages is lost; `links` are [from, to] pairs, all when absent."""

    loss: Share


class Duplicate(_OnLinks):
    """A share of the messages arrives twice."""

    duplicate: Share


class Reorder(_OnLinks):
    """A share of the messages is held back, so that later ones overtake them."""

    reorder: Share


class Slow(_OnLinks):
    """Every message takes so much longer."""

    slow: Positive


class Bandwidth(_OnLinks):
    """Each link carries no more than so many bytes a second: what comes meanwhile waits for its turn.

    Attributes:
        bandwidth: such as 20kB/s.
        queue: so many bytes wait on a link at most; what comes on top is lost.
    """

    bandwidth: Rate
    queue: Size = 64_000


class Corrupt(_OnLinks):
    """A share of the frames arrives with some of its bits changed."""

    corrupt: Share


class Replay(_OnLinks):
    """A share of the frames that arrive is recorded, and played back to the same node once, up to a minute later."""

    replay: Share


def _clogged(value: Any) -> Any:
    if not isinstance(value, (str, list)):
        raise ValueError(f"is {value!r}, expected a node or links; write clog: n2, or clog: [[n1, n2]]")  # noqa: TRY004 - pydantic
    return value


class Clog(Strict):
    """Nothing arrives, and nothing is lost: all of it arrives at once when the clog is gone.

    Attributes:
        clog: a node, to and from which nothing arrives; or [from, to] pairs.
    """

    at: Duration
    for_: Positive
    clog: Annotated[
        Annotated[NodeName, Tag("<node>")] | Annotated[list[LinkName], Field(min_length=1), Tag("<links>")],
        Discriminator(lambda value: "<links>" if isinstance(value, list) else "<node>"),
        BeforeValidator(_clogged),
    ]


def groups_of(fault: Partition, nodes: list[str]) -> list[list[str]]:
    """Write out the groups of a partition other than a ring; who stands in none keeps all links.

    Args:
        fault: the partition.
        nodes: every node of the cluster, in order.
    """
    form = fault.partition
    if isinstance(form, Isolate):
        return [[form.isolate], [node for node in nodes if node != form.isolate]]
    if isinstance(form, Bridge) or form == HALVES:
        parted = [node for node in nodes if not isinstance(form, Bridge) or node != form.bridge]
        return [parted[: len(parted) // 2], parted[len(parted) // 2 :]]
    groups = [group for group in form if not isinstance(group, str)]
    named = {node for group in groups for node in group}
    rest = [node for node in nodes if node not in named]
    return [rest if group == [REST] else group for group in groups]


def ring_cuts(nodes: list[str]) -> list[tuple[str, str]]:
    """List the links, both ways, that a majority ring cuts: those beyond as many neighbours as make a majority.

    Source: Jepsen's nemesis `majorities-ring`; here the ways of two nodes are always cut in both directions.
    """
    count = len(nodes)
    reach = (count // 2 + 1) // 2
    """On either side; a node and twice so many neighbours are a majority."""
    return [
        (sender, to)
        for place, sender in enumerate(nodes)
        for other, to in enumerate(nodes)
        if min((place - other) % count, (other - place) % count) > reach
    ]


def named_in(fault: Partition) -> list[str]:
    """List the nodes that a partition names, in their order; twice who is named twice."""
    form = fault.partition
    if isinstance(form, Isolate):
        return [form.isolate]
    if isinstance(form, Bridge):
        return [form.bridge]
    return [node for group in form if group != [REST] for node in group] if isinstance(form, list) else []
