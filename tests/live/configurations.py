"""Configurations of nodes that are started for a test."""

import json
from pathlib import Path
from typing import Any

from reference.live.trial import free_ports
from tests.live.trials import Trial


def alone(psk: str, **more: Any) -> tuple[dict[str, Any], str]:
    """Make the configuration of a node that is named nobody, and its URL; `more` takes the place of whole blocks."""
    http, membership, data = free_ports(3)
    config = {
        "version": "1",
        "features": {"experimental.clusters": True},
        "http": {"address": f"127.0.0.1:{http}"},
        "clusters": [
            {
                "name": "trial",
                "addresses": {
                    "membership": f"/ip4/127.0.0.1/tcp/{membership}",
                    "data": f"/ip4/127.0.0.1/tcp/{data}",
                },
                "discovery": {"method": "static", "static": {"nodes": [f"127.0.0.1:{membership}"]}},
                "encryption": {"psk": psk},
            }
        ],
        "session": {"store": {"type": "cluster", "cluster": {"name": "trial"}}},
    }
    for key, value in more.items():
        config[key] = {**config[key], **value} if isinstance(config.get(key), dict) else value
    return config, f"http://127.0.0.1:{http}"


def joining(nodes: Trial, node: str, psk: str) -> tuple[dict[str, Any], str]:
    """Make the configuration of a node that is told of one member of a running cluster."""
    config, url = alone(psk)
    membership = nodes.configuration(node)["clusters"][0]["addresses"]["membership"]
    config["clusters"][0]["discovery"] = {"method": "static", "static": {"nodes": [membership]}}
    return config, url


def write(folder: Path, config: dict[str, Any], name: str = "node.yaml") -> Path:
    """Write a configuration to a file; JSON is YAML."""
    file = folder / name
    file.write_text(json.dumps(config), encoding="utf-8")
    return file
