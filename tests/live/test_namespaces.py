"""Network namespaces: servers reach each other until they are cut, in one direction alone; nothing is left of them."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from conformance.namespaces import Namespaces, why_not

SAY = """
import socket, sys
server = socket.create_server((sys.argv[1], 7000))
print("listening", flush=True)
while True:
    server.accept()[0].close()
"""
CALL = "import socket, sys; socket.create_connection((sys.argv[1], 7000), timeout=1).close()"


@pytest.fixture
def network() -> Iterator[Namespaces]:
    """Two servers' worth of network."""
    missing = why_not()
    if missing:
        pytest.skip(f"needs {missing}")
    made = Namespaces(["n1", "n2"])
    yield made
    made.close()


def reaches(network: Namespaces, node: str, end: str) -> bool:
    prefix = [] if node == "" else network.prefix(node)
    called = subprocess.run([*prefix, sys.executable, "-c", CALL, end], capture_output=True, timeout=20, check=False)
    return called.returncode == 0


def test_a_cut_stops_one_direction_and_heals_and_the_harness_always_gets_through(network: Namespaces) -> None:
    end = network.addresses["n1"]
    command = [*network.prefix("n1"), sys.executable, "-c", SAY, end]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"listening\n"
            assert reaches(network, "n2", end)
            network.cut({("n2", "n1")})
            assert not reaches(network, "n2", end)
            assert reaches(network, "", end), "a cut is between servers"
            network.cut(set())
            assert reaches(network, "n2", end)
            network.cut({("n1", "n2")})
            assert not reaches(network, "n2", end), "the answer finds no way"
        finally:
            server.kill()


def test_nothing_is_left_of_a_network(network: Namespaces) -> None:
    bridge = network._bridge
    network.close()
    for listed in (["ip", "-brief", "link"], ["ip", "netns"]):
        names = [
            line.split()[0]
            for line in subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
        ]
        assert not [name for name in names if name.startswith((f"{bridge}n", f"{bridge}-")) or name == bridge]
