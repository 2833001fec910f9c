"""What may be written of nodes under `faults:`, one model a fault: their lives, clocks, keys, and what they look up."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, WithJsonSchema

from scenarios.durations import Drift, Duration, Positive, Signed
from scenarios.faults_of_links import NODE_PATTERN, NodeName
from scenarios.strict import Strict

ANSWERING: Final = "answering"
"""In place of a node: whichever gives the answer that is counted."""
ALL: Final = "all"
"""In place of a node: every one, or all but one."""


class After(Strict):
    """An event that the world counts over all nodes, from the start of the run; a denial is any 401."""

    event: Literal["write", "login", "logout", "denial"]
    count: Annotated[int, Field(ge=1)]


class Crash(Strict):
    """A node is gone without a word, at an instant or on an event; without `for` it never returns.

    Attributes:
        crash: the node, whoever gives the answer of the event (`answering`), or `all`.
        but: of all, this one stays.
    """

    at: Duration | None = None
    after: After | None = None
    for_: Positive | None = None
    crash: Annotated[str, WithJsonSchema({"type": "string", "pattern": rf"{NODE_PATTERN}|^{ANSWERING}$|^{ALL}$"})]
    but: NodeName | None = None


class Leave(Strict):
    """A node is told to go and says goodbye; `for` later the next one of its name starts, without `for` never."""

    at: Duration
    for_: Positive | None = None
    leave: NodeName


class Join(Strict):
    """A node starts only then: before, there is none of that name."""

    at: Positive
    join: NodeName
    for_: ClassVar[None] = None


class Pause(Strict):
    """A node stands still: what comes due meanwhile reaches it when it goes on."""

    at: Duration
    for_: Positive
    pause: NodeName


class SlowNode(Strict):
    """A node does one thing at a time, and each takes it so long: what comes meanwhile waits for its turn.

    Whether it is ready it still says at once, so that no health check finds anything.

    Attributes:
        slow_node: who.
        by: how long a message, an alarm or a request takes it.
    """

    at: Duration
    for_: Positive
    slow_node: NodeName
    by: Positive


class Clock(Strict):
    """A node's wall clock is wrong; it is right again after `for`, or when everything heals.

    Attributes:
        clock: whose.
        offset: from then on it is so far ahead of true time; behind, when negative.
        jump: it is set forward by so much from what it shows; back, when negative.
        drift: from then on it gains so much, such as 200ppm or 1ms/s; loses, when negative.
    """

    at: Duration
    for_: Positive | None = None
    clock: NodeName
    offset: Signed | None = None
    jump: Signed | None = None
    drift: Drift | None = None


class Discovery(Strict):
    """Whoever asks whom there is hears nothing, or something wrong.

    Attributes:
        discovery: it cannot be asked (`fails`), knows nobody (`empty`), or whom it knew when the fault began (`stale`).
    """

    at: Duration
    for_: Positive
    discovery: Literal["fails", "empty", "stale"]


class WrongKey(Strict):
    """A node is restarted with a pre-shared key that no other has, and `for` later with the right one."""

    at: Duration
    for_: Positive
    wrong_key: NodeName


class Upgrade(Strict):
    """A node of the older version is told to go, and `for` later the next one of its name speaks the newer too."""

    at: Duration
    for_: Positive
    upgrade: NodeName


class CookieDomain(Strict):
    """A node is told to go, and `for` later the next one of its name has another `session.cookie.domain`.

    Attributes:
        cookie_domain: which node.
        becomes: the domain from then on; null for none, so that the cookie is for the host that is asked.
    """

    at: Duration
    for_: Positive
    cookie_domain: NodeName
    becomes: Annotated[str, Field(pattern=r"^\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", max_length=254)] | None


def crashed(fault: Crash, nodes: list[str]) -> list[str]:
    """List whom a crash strikes, in the order of the cluster; `answering` stands for whoever it will be."""
    return [node for node in nodes if node != fault.but] if fault.crash == ALL else [fault.crash]
