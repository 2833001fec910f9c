"""From a seed to a scenario: how large and far apart, how configured, who comes and does what.

Faults are drawn in `troubles.py`, what changes habits and faults together in `occasions.py`.

A drawn scenario leaves most things as they are and changes a few together: what finds nothing alone may find much
beside another (Groce et al., Swarm Testing, ISSTA 2012). Whatever is drawn lies within what the
protocol lets a contract be judged under, and is told as a plain file that `anynode run` repeats.
"""

from pathlib import Path
from typing import Any

from conformance.swarm.draws import Draws
from conformance.swarm.occasions import ROUTED, draw_occasion
from conformance.swarm.troubles import Place, draw_troubles
from scenarios import parse
from scenarios.durations import write_duration
from scenarios.schema import SEALED, Scenario
from scenarios.telling import as_text
from simulator.chance import Chance

NAME = "drawn"
LOSSY = ("loss", "corrupt", "slow", "bandwidth", "slow-node")
"""Faults under which so much is late or lost that no share of answers can be expected."""
SHOWS = ["REQ-REPL-2"]
"""What every run shows whatever is drawn; requirements of a finding are those of its check."""
ALWAYS = ["structure", "isolation", "convergence", "durability", "no_resurrection"]
REGIONS = ["frankfurt-1", "dallas-1", "tokyo-1", "london-1", "toronto-1", "frankfurt-2", "dallas-2", "tokyo-2"]
SITES: list[tuple[str | None, list[str]]] = [
    (None, ["shop.example.com", "pay.example.com"]),
    (".example.com", ["shop.example.com", "pay.example.com", "example.com"]),
    (".shop.example.com", ["shop.example.com", "cart.shop.example.com", "pay.example.com"]),
]
"""The cookie's domain, and hosts within and beside it."""


def drawn(seed: int, *, small: bool = False) -> Scenario:
    """Draw the scenario of a seed.

    Args:
        seed: decides all of it; it is also the seed under which it is run.
        small: fewer people for a shorter time, where each turn of a node is dear.

    Returns:
        A scenario called drawn-SEED, whose text is a file of its own.
    """
    return parse(told(seed, small=small), Path(f"{name_of(seed)}.yaml"))


def name_of(seed: int) -> str:
    """Name the scenario of a seed."""
    return f"{NAME}-{seed}"


def told(seed: int, *, small: bool = False) -> str:
    """Write the scenario of a seed as a file."""
    draws = Draws(Chance(seed).part("swarm"))
    nodes = draws.choice("nodes", [2, 3, 3, 3, 3, 4, 4, 5, 5, 6])
    duration_s = draws.between("duration", 8, 12 if small else 20) * 10
    sealed = draws.happens("sealed", 30)
    place = Place(nodes=nodes, duration_s=duration_s, sealed=sealed)
    network, zones = _network(draws.part("network"), nodes)
    config, workload = _people(draws, duration_s, small=small)
    world: dict[str, Any] = {
        "title": f"A world drawn from seed {seed}",
        "shows": SHOWS,
        "seed": seed,
        "duration": write_duration(duration_s * 1_000_000),
        "config": config,
        "cluster": {"nodes": nodes} | ({"zones": zones} if zones else {}),
        "network": network,
        "workload": workload,
        "observers": {"witnesses": 6 if small else 20},
        "wire": SEALED if sealed else None,
        "faults": draw_troubles(draws.part("faults"), place),
    }
    draw_occasion(draws.part("occasion"), place, world)
    checks = ALWAYS if _lossy(world["faults"]) else [*ALWAYS, "availability"]
    return as_text({**world, "expect": {"checks": checks}})


def _network(draws: Draws, nodes: int) -> tuple[dict[str, Any], list[str]]:
    """Draw delays, and what befalls messages all the time."""
    kind = draws.choice("delay", ["lan", "lan", "near", "even", "regions"])
    network: dict[str, Any] = {}
    zones: list[str] = []
    if kind == "near":
        network["delay"] = {"median": draws.choice("median", ["2ms", "5ms", "10ms"]), "sigma": 0.5}
    elif kind == "even":
        network["delay"] = draws.choice("even", ["1ms", "5ms", "20ms"])
    elif kind == "regions":
        zones = draws.some("zones", REGIONS, nodes)
        network["delay"] = "ibm-cloud"
    for trouble in ("loss", "duplicate", "reorder"):
        if draws.happens(trouble, 15):
            network[trouble] = draws.percent(f"{trouble} share", [1, 2])
    return network, zones


def _people(draws: Draws, duration_s: int, *, small: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw the configuration, and people whose habits meet what it says."""
    config: dict[str, Any] = {}
    workload = _habits(draws.part("habits"), small=small)
    if draws.happens("routing", 40):
        config["http"] = {"routing": ROUTED}
    session = _lifetimes(draws.part("lifetimes"), duration_s, workload)
    if draws.happens("site", 20):
        _site(draws.part("site"), session, workload)
    if session:
        config["session"] = session
    return config, workload


def _habits(draws: Draws, *, small: bool) -> dict[str, Any]:
    """Draw how many people come, how fast they are, and what they do."""
    hasty = draws.happens("hasty", 30)
    habits: dict[str, Any] = {
        "users": draws.between("users", 2, 4) if small else draws.between("users", 6, 12 if hasty else 30),
        "balancer": draws.choice(
            "balancer", ["round-robin", "random", "sticky", "sticky", "sticky-failback", "least-latency"]
        ),
        "health-lag": draws.choice("health lag", [0, "1s", "3s"]),
        "think": draws.choice("hasty think", ["200ms", "500ms"]) if hasty else draws.seconds("think", 1, 4),
        "pages": draws.choice("pages", [[2, 6], [4, 12], [20, 60]]),
        "writes": draws.percent("writes", [20, 40, 60, 80]),
        "keys": draws.choice("keys", [1, 2, 4, 12]),
        "logouts": draws.percent("logouts", [0, 50, 80, 100]),
        "rest": draws.seconds("rest", 2, 15),
    }
    for habit, chance, shares in (
        ("moves", 25, [5, 20]),
        ("stale-writes", 30, [50]),
        ("forged", 10, [10]),
        ("revokes", 25, [50, 100]),
        ("tabs", 25, [50, 100]),
    ):
        if draws.happens(habit, chance):
            habits[habit] = draws.percent(f"{habit} share", shares)
    if draws.happens("stale", 40):
        habits["stale"] = [2, 6]
    if hasty and draws.happens("gaps", 50):
        habits["gaps"] = {"share": "8%", "between": ["3s", "6s"]}
    return habits


def _lifetimes(draws: Draws, duration_s: int, workload: dict[str, Any]) -> dict[str, Any]:
    """Draw limits: far away, or so near that people come back around them."""
    kind = draws.choice("kind", ["default", "long", "long", "idle", "absolute"])
    if kind == "default":
        return {}
    if kind == "long":
        return {"lifetime": {"idleTimeout": "30m"}}
    workload["pages"] = [60, 120]
    if kind == "absolute":
        limit = draws.choice("absolute", [20, 30, 40])
        return {"lifetime": {"maxTimeout": f"{limit}s", "idleTimeout": f"{limit}s"}}
    limit = draws.choice("idle", [20, 30, 40])
    workload["gaps"] = {
        "share": draws.percent("gap share", [3, 8]),
        "between": [f"{limit - 3}s", f"{limit + draws.choice('beyond', [3, 15])}s"],
    }
    return {"lifetime": {"maxTimeout": f"{duration_s}s", "idleTimeout": f"{limit}s"}}


def _site(draws: Draws, session: dict[str, Any], workload: dict[str, Any]) -> None:
    """Draw a site of several hosts, and whether one of them has planted something."""
    domain, hosts = draws.choice("domain", SITES)
    session["cookie"] = {"domain": domain}
    workload["hosts"] = hosts
    workload["hops"] = draws.percent("hops", [10, 30])
    if domain is None and draws.happens("planted", 60):
        workload["planted"] = "50%"


def _lossy(faults: list[dict[str, Any]]) -> bool:
    """Say whether so much is lost that no share of answers can be expected."""
    return any(kind in fault for fault in faults for kind in LOSSY)
