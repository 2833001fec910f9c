"""What may be written under `workload.script`: who asks for what when, one entry a request.

A script takes the place of people with habits, where few requests are to be told exactly: so a shrunk failure is.
"""

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator

from scenarios.durations import Duration, write_duration
from scenarios.faults_of_links import NODE_PATTERN
from scenarios.strict import Strict

NAMING_A_KEY = ("write", "delete")


class Request(Strict):
    """One request.

    Attributes:
        at: when it is made, from the start of the run; not before the nodes are ready, whatever is written.
        user: who makes it; each has one browser.
        do: what is asked for.
        key: what a write or delete names.
        node: who is asked, past the balancer; the balancer decides without it.
        session: the number of one of this user's logins, from 1: its cookie is sent, as a tab does that was left
            open; the browser's own without it.
        host: which of `hosts` is asked; the first without it.
        claims: the user for whom headers of a proxy claim to ask (as `forged` does).
    """

    at: Duration
    user: Annotated[str, Field(pattern=r"^u[1-9]\d*$")]
    do: Literal["login", "read", "write", "delete", "logout", "revoke"]
    key: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=64)] | None = None
    node: Annotated[str, WithJsonSchema({"type": "string", "pattern": NODE_PATTERN})] | None = None
    session: Annotated[int, Field(ge=1)] | None = None
    host: str | None = None
    claims: Annotated[str, Field(min_length=1, max_length=64)] | None = None

    @model_validator(mode="after")
    def key_where_one_is_named(self) -> "Request":
        """Refuse a write of nothing, and a key where none is named."""
        if self.do in NAMING_A_KEY and self.key is None:
            raise ValueError(f"does {self.do} without a key; write key: k1")
        if self.do not in NAMING_A_KEY and self.key is not None:
            raise ValueError(f"does {self.do} and names the key '{self.key}'; take `key` away")
        return self


def refuse_nonsense(script: list[Any], nodes: list[str], hosts: list[str], duration_us: int) -> None:
    """Refuse what a request alone cannot tell: that nodes, hosts and logins exist, and that it lies within the run.

    Args:
        script: the entries, in the order of the file.
        nodes: every node of the cluster.
        hosts: every host of the workload; none where it names none.
        duration_us: when everything heals, µs.

    Raises:
        ValueError: naming the entry, what was found and what to write.
    """
    logins = Counter(entry.user for entry in script if entry.do == "login")
    for index, entry in enumerate(script):
        place = f"workload.script[{index}]"
        if entry.at >= duration_us:
            end = write_duration(duration_us)
            raise ValueError(
                f"{place}.at is {write_duration(entry.at)}, but users stop at {end} (`duration`); ask earlier"
            )
        if entry.node is not None and entry.node not in nodes:
            raise ValueError(
                f"{place}.node is '{entry.node}', but the cluster has n1 to {nodes[-1]}; write one of them"
            )
        if entry.host is not None and entry.host not in hosts:
            known = ", ".join(hosts) or "none"
            raise ValueError(f"{place}.host is '{entry.host}', but `hosts` are {known}; write one of them")
        if entry.session is not None and entry.session > logins[entry.user]:
            times = logins[entry.user]
            raise ValueError(f"{place}.session is {entry.session}, but {entry.user} logs in {times} times; write less")
