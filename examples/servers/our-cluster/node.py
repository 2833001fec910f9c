"""Starts one node of our own live cluster: the scenario's configuration, with this node's addresses and ways to others.

    node.py NAME HTTP MEMBERSHIP DATA [PEER=MEMBERSHIP/DATA ...]

All are ports of the loopback; a peer's are where this node finds it, at a relay perhaps. The process becomes the node.
"""

import json
import os
import sys
from pathlib import Path

HOST = "127.0.0.1"
TRIAL = {
    "features": {"experimental.clusters": True},
    "clusters": [{"name": "my-cluster", "encryption": {"psk": b"a trial key, and no secret at all".hex()[:64]}}],
    "session": {"store": {"type": "cluster", "cluster": {"name": "my-cluster"}}},
}
"""What is served where no scenario hands in a configuration."""


def configuration(http: str, membership: str, data: str, peers: list[str]) -> dict:
    """Make the file of this node."""
    given = os.environ.get("ANYNODE_CONFIG")
    config = json.loads(Path(given).read_text(encoding="utf-8")) if given else TRIAL
    ways = {peer: ports.split("/") for peer, _, ports in (word.partition("=") for word in peers)}
    config["http"] = {
        **config.get("http", {}),
        "address": f"{HOST}:{http}",
        "accessLog": {"disabled": True},
    }
    config["logger"] = {"level": "warn"}
    for cluster in config.get("clusters", []):
        cluster["addresses"] = {"membership": f"/ip4/{HOST}/tcp/{membership}", "data": f"/ip4/{HOST}/tcp/{data}"}
        nodes = [f"{HOST}:{ports[0]}" for ports in ways.values()]
        cluster["discovery"] = {"method": "static", "static": {"nodes": nodes}}
    reach = {peer: {"membership": f"{HOST}:{ports[0]}", "data": f"{HOST}:{ports[1]}"} for peer, ports in ways.items()}
    config["x-anynode"] = {**config.get("x-anynode", {}), "reach": reach}
    return config


def main(name: str, http: str, membership: str, data: str, *peers: str) -> None:
    """Write the file where it lies in memory alone, and become the node."""
    file = os.memfd_create("configuration")
    os.write(file, json.dumps(configuration(http, membership, data, list(peers))).encode())
    os.set_inheritable(file, True)  # noqa: FBT003 - the standard library's own signature
    command = [sys.executable, "-m", "anynode", "serve", "--config", f"/dev/fd/{file}", "--name", name, "--probe"]
    os.execv(command[0], command)  # noqa: S606 - this very program


main(*sys.argv[1:])
