"""Habits and faults that only find something together, drawn together: apart they would hardly ever meet.

Each occasion has a row in OCCASIONS, and takes the place of a few parts of a drawn world; what it says nothing of stays
as it was drawn. How worlds are drawn otherwise stands in `drawing.py`.
"""

from collections.abc import Callable
from typing import Any

from conformance.swarm.draws import Draws
from conformance.swarm.troubles import FIRST_S, Place, beside, stepping
from scenarios.durations import write_duration
from scenarios.schema import SEALED

World = dict[str, Any]
Occasion = Callable[[Draws, Place, World], None]

SHARE = 20
"""In so many of a hundred worlds there is one."""
REGIONS = ["dallas-1", "dallas-2", "toronto-1", "frankfurt-1", "frankfurt-2", "london-1"]
ROUTED = {"enabled": True, "type": "cluster", "cluster": {"name": "my-cluster"}}


def draw_occasion(draws: Draws, place: Place, world: World) -> None:
    """Change a drawn world into one of an occasion, where there is one.

    Args:
        draws: of this part alone.
        place: the world's size.
        world: as it is written in a file; changed.
    """
    if draws.happens("any", SHARE):
        which = draws.first("which", list(OCCASIONS))
        OCCASIONS[which](draws.part(which), place, world)


def _rewriting(draws: Draws, place: Place, world: World) -> None:
    """One key is written again and again on a node whose clock steps back."""
    workload = world["workload"]
    for habit in ("moves", "stale", "stale-writes"):
        workload.pop(habit, None)
    workload |= {
        "users": min(workload["users"] * 2, 40),
        "balancer": "sticky",
        "think": "200ms",
        "pages": [100, 200],
        "writes": "70%",
        "deletes": 0,
        "keys": 1,
        "gaps": {"share": "8%", "between": ["3s", "6s"]},
    }
    nodes = draws.some("nodes", place.names, min(2, place.nodes))
    steps = [step for node in nodes for step in stepping(draws.part(node), place, node)]
    world["faults"] = beside(steps, world["faults"], place)


def _lost_behind_a_pause(draws: Draws, place: Place, world: World) -> None:
    """A node is lost for good while another stands still, which then still has it among the living."""
    begins_s, pause_s = FIRST_S + 5, draws.between("pause", 45, 60)
    if place.nodes < 3 or place.duration_s < begins_s + pause_s + 30:  # noqa: PLR2004 - one lost, one still, one to tell
        return
    still, lost = draws.some("nodes", place.names, 2)
    world["faults"] = [
        {"at": _s(begins_s), "for": _s(pause_s), "pause": still},
        {"at": _s(begins_s + draws.between("lost", 3, 20)), "crash": lost},
    ]


def _planted(draws: Draws, place: Place, world: World) -> None:
    """People with planted cookies ask again before the session's copies are there, and nodes route."""
    workload, config = world["workload"], world["config"]
    for habit in ("gaps", "stale", "tabs"):
        workload.pop(habit, None)
    workload |= {
        "balancer": draws.choice("balancer", ["round-robin", "random"]),
        "think": "100ms",
        "pages": [4, 10],
        "rest": "3s",
        "hosts": ["shop.example.com", "pay.example.com"],
        "hops": 0,
        "planted": "50%",
    }
    config["http"] = {"routing": ROUTED}
    config["session"] = {**config.get("session", {}), "cookie": {"domain": None}}
    world["cluster"]["zones"] = draws.some("zones", REGIONS, place.nodes)
    world["network"]["delay"] = "ibm-cloud"


def _revoked_across_a_cut(draws: Draws, place: Place, world: World) -> None:
    """People revoke on one side of a cut what they began on the other."""
    workload = world["workload"]
    for habit in ("gaps", "tabs", "stale-writes"):
        workload.pop(habit, None)
    workload |= {
        "users": max(workload["users"], 24),
        "balancer": "sticky",
        "moves": draws.percent("moves", [10, 20]),
        "pages": [4, 8],
        "logouts": 0,
        "revokes": "100%",
        "stale": [4, 8],
        "rest": "20s",
    }
    apart = draws.some("apart", place.names, max(1, place.nodes // 2))
    begins_s = FIRST_S + draws.between("begins", 5, 15)
    lasts_s = min(draws.between("lasts", 40, 80), place.duration_s - begins_s - 15)
    world["faults"] = [{"at": _s(begins_s), "for": _s(lasts_s), "partition": [apart, "rest"]}]


def _side_by_side(draws: Draws, place: Place, world: World) -> None:
    """Two clusters share a key and a network, and differ in name alone."""
    if place.nodes < 4:  # noqa: PLR2004 - two of two
        return
    first = draws.between("first", 2, place.nodes - 2)
    world["cluster"]["clusters"] = {"blue": first, "green": place.nodes - first}
    world["config"].pop("http", None)
    session = world["config"].get("session", {})
    world["config"]["clusters"] = [_cluster(name, port) for name, port in (("blue", 9450), ("green", 9460))]
    world["config"]["session"] = {**session, "store": {"cluster": {"name": "blue"}}}
    world["wire"] = SEALED
    world["faults"] = [fault for fault in world["faults"] if {"partition", "pause", "slow", "loss"} & set(fault)]


def _cluster(name: str, port: int) -> World:
    return {
        "name": name,
        "addresses": {"membership": f"/ip4/0.0.0.0/tcp/{port}", "data": f"/ip4/0.0.0.0/tcp/{port + 1}"},
        "discovery": {"method": "srvDNS", "srvDNS": {"names": ["_membership-udp._udp.everybody.example."]}},
        "encryption": {"psk": "3f8e5b0c6ad1947722c0b5e9f41d836aa7c2904e6b15d8f3309b7ce1524da86f"},
    }


def _s(seconds: int) -> str:
    return write_duration(seconds * 1_000_000)


OCCASIONS: dict[str, Occasion] = {
    "rewriting": _rewriting,
    "lost-behind-a-pause": _lost_behind_a_pause,
    "planted": _planted,
    "revoked-across-a-cut": _revoked_across_a_cut,
    "side-by-side": _side_by_side,
}
