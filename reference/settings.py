"""What the core of a node needs to know of its configuration: plain numbers and names, already checked.

`reference.config` reads and checks the product's YAML and makes one of these; the core never sees YAML or pydantic.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

MILLISECOND = 1_000
SECOND = 1_000_000


class Timing(Struct, frozen=True):
    """The rhythm of membership, in microseconds; the values are memberlist's LAN profile (facts, section 4).

    Attributes:
        awareness_max: so many times longer a node waits at most when it doubts itself.
        gossip_to_the_dead: for how long whoever was found dead is still told the news, to refute it if it lives.
    """

    probe_interval: int = 1 * SECOND
    probe_timeout: int = 500 * MILLISECOND
    indirect_checks: int = 3
    suspicion_multiplier: int = 4
    retransmit_multiplier: int = 4
    gossip_interval: int = 200 * MILLISECOND
    gossip_fanout: int = 3
    push_pull_interval: int = 30 * SECOND
    gossip_to_the_dead: int = 30 * SECOND
    awareness_max: int = 8


LAN = Timing()
WAN = Timing(5 * SECOND, 3 * SECOND, 3, 6, 4, 500 * MILLISECOND, 4, 60 * SECOND, 60 * SECOND)
LOCAL = Timing(1 * SECOND, 200 * MILLISECOND, 1, 3, 2, 100 * MILLISECOND, 3, 15 * SECOND, 15 * SECOND)
PROFILES = {"lan": LAN, "wan": WAN, "local": LOCAL}
"""`x-anynode.profile`: the rhythm of membership, by the names that memberlist gives."""


class Settings(Struct, frozen=True):
    """One node's settings; every default is the product's documented or this project's stated one.

    Attributes:
        cluster: name of the cluster.
        absolute_us: `session.lifetime.maxTimeout`; 24 h when unset or zero.
        idle_us: `session.lifetime.idleTimeout`; 0 disables the idle check (REQ-EXP-5).
        max_hook, idle_hook: `evalMaxLifetimeSE` and `evalIdleTimeoutSE` as `reference.hooks.Hook`; the idle one takes
            the place of `idle_us`, which is 0 then (REQ-EXP-7).
        cookie_name: `session.cookie.name` (REQ-COOK-1).
        cookie_domain: `session.cookie.domain` without its leading dot, "" when unset (REQ-COOK-5, REQ-COOK-6).
        former_domains: domains that the cookie had before, "" for the host alone; it is deleted there.
        http_only, secure, same_site: attributes of the cookie (REQ-COOK-2, REQ-COOK-7).
        acknowledge: how many peers hold a write before the client hears of it: "none", "one" or "all".
        routing: whether requests are forwarded to a node that has the newest state.
        poll_us: how often discovery is asked again.
        clock_bound_us: the greatest offset from true time that the contract allows a clock.
        quarantine_us: a node out of contact for longer drops the sessions of before, and joins anew.
        timing: the membership profile.
        shared: whether every node of the cluster holds every session; else each stays on the node where it began.
        capacity: how many sessions a node holds that shares none (REQ-EXP-17); nothing where they are shared.
    """

    cluster: str
    absolute_us: int = 24 * 3600 * SECOND
    idle_us: int = 0
    cookie_name: str = "maverics_session"
    cookie_domain: str = ""
    former_domains: tuple[str, ...] = ()
    http_only: bool = True
    secure: bool = True
    same_site: str = "None"
    acknowledge: str = "one"
    routing: bool = False
    poll_us: int = 5 * SECOND
    clock_bound_us: int = 500 * MILLISECOND
    quarantine_us: int = 24 * 3600 * SECOND
    timing: Timing = LAN
    max_hook: Callable[[Any, int], bool] | None = None
    idle_hook: Callable[[Any, int], bool] | None = None
    shared: bool = True
    capacity: int = 50_000
