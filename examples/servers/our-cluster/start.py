"""One node of the reference store on real sockets, under the scenario's configuration with this node's addresses.

    start.py NODE HTTP-PORT MEMBERSHIP-PORT DATA-PORT MEMBERSHIP-PORT…

It writes the scenario's configuration (ANYNODE_CONFIG) with this node's addresses, and becomes `anynode serve`.
"""

import json
import os
import sys
from pathlib import Path

node, http, membership, data, *peers = sys.argv[1:]
given = Path(os.environ["ANYNODE_CONFIG"])
config = json.loads(given.read_text(encoding="utf-8"))
config["http"] = {**config.get("http", {}), "address": f"127.0.0.1:{http}", "accessLog": {"disabled": True}}
config["logger"] = {"level": "warn"}
for cluster in config.get("clusters", []):
    cluster["addresses"] = {
        "membership": f"/ip4/127.0.0.1/tcp/{membership}",
        "data": f"/ip4/127.0.0.1/tcp/{data}",
    }
    cluster["discovery"] = {"method": "static", "static": {"nodes": [f"127.0.0.1:{port}" for port in peers]}}
own = given.with_name(f"{node}.json")
own.write_text(json.dumps(config), encoding="utf-8")
os.execv(  # noqa: S606 - the process that the harness started is the node
    sys.executable, [sys.executable, "-m", "anynode", "serve", "--config", str(own), "--name", node, "--probe"]
)
