"""What outsiders and bad luck do to a cluster: it goes on, bounded, and says what it met."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from reference.frames import LIMITS
from reference.protocol import DATA
from tests.live.configurations import joining, write
from tests.live.trials import Trial, ask, login, running, status_of, trial, wait_for

MIB = 1024 * 1024
GROWN_MOST = 64 * MIB
"""Twice what connections may hold that have not shown a key (`streams.UNPROVEN_HELD`)."""


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """Three nodes that outlast what is done to them."""
    with trial(tmp_path_factory.mktemp("three"), "--log", "info") as nodes:
        yield nodes


def metric(nodes: Trial, node: str, line: str) -> int:
    """Read a number of /metrics, 0 where it is missing."""
    found = re.search(rf"^{re.escape(line)} (\d+)$", ask(nodes.urls[node], "GET", "/metrics").text, re.MULTILINE)
    return int(found[1]) if found else 0


def refused(nodes: Trial, node: str, cause: str) -> int:
    """Read how many frames were refused for a cause."""
    return metric(nodes, node, f'anynode_frames_refused{{cause="{cause}"}}')


def resident(pid: int) -> int:
    """Octets of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def noise(octets: int) -> bytes:
    """Make octets that are no frame, the same in every run."""
    block = bytes((index * index * 8 + index + 77) % 251 for index in range(4096))
    return (block * (octets // len(block) + 1))[:octets]


def pour(port: int, data: bytes) -> None:
    """Send over TCP what the other end takes, until it hangs up or all is sent."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
        stream.sendall(data)  # being hung up on is what this is for
        stream.shutdown(socket.SHUT_WR)
        while stream.recv(65_536):
            pass


def test_garbage_on_every_port_is_refused_counted_and_costs_no_memory(three: Trial) -> None:
    own = three.configuration("n1")["clusters"][0]["addresses"]
    membership, data = (int(own[channel].rpartition("/")[2]) for channel in ("membership", "data"))
    http = int(three.urls["n1"].rpartition(":")[2])
    cookie = login(three.urls["n1"])
    before = resident(three.pids["n1"])
    longest = LIMITS[DATA]
    for port in (membership, data, http):
        pour(port, noise(100))
        pour(port, (40).to_bytes(4, "big") + noise(40))
        pour(port, (100).to_bytes(4, "big") + noise(60))  # cut short
        pour(port, (longest + 1).to_bytes(4, "big") + noise(1000))
        pour(port, longest.to_bytes(4, "big") + noise(longest))
    assert longest == 16 * MIB
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        for octets in (0, 1, 40, 1200, 60_000):
            datagrams.sendto(noise(octets), ("127.0.0.1", membership))
    wait_for(lambda: refused(three, "n1", "malformed") == 5, "what is too short to be a frame is counted")
    wait_for(lambda: refused(three, "n1", "key") == 3, "noise under no key of the cluster is counted")
    assert metric(three, "n1", 'anynode_streams_refused_total{cause="oversized",channel="data"}') >= 1
    assert metric(three, "n1", 'anynode_streams_refused_total{cause="oversized",channel="membership"}') >= 1
    assert ask(three.urls["n1"], "GET", "/session", cookie=cookie).status == 200
    assert three.members("n1") == ["n1", "n2", "n3"]
    assert resident(three.pids["n1"]) - before < GROWN_MOST


def test_who_announces_long_frames_on_many_connections_takes_bounded_memory(three: Trial) -> None:
    port = int(three.configuration("n2")["clusters"][0]["addresses"]["data"].rpartition("/")[2])
    before = resident(three.pids["n2"])
    piece = LIMITS[DATA].to_bytes(4, "big") + noise(6 * MIB)
    with ExitStack() as held:
        streams = [held.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(10)]
        for stream in streams:
            stream.settimeout(5)
            with suppress(OSError):  # this is the one that was too many
                stream.sendall(piece)
        crowded = 'anynode_streams_refused_total{cause="crowded",channel="data"}'
        wait_for(lambda: metric(three, "n2", crowded) >= 1, "one too many is hung up on")
        assert resident(three.pids["n2"]) - before < 2 * GROWN_MOST
    assert status_of(three.urls["n2"]) == 200


def test_a_node_with_another_key_joins_nothing_and_the_log_says_why(three: Trial, tmp_path: Path) -> None:
    config, url = joining(three, "n1", psk=os.urandom(32).hex())
    arguments = ["serve", "--config", str(write(tmp_path, config)), "--name", "n4", "--probe"]
    with running(arguments, tmp_path / "n4.log") as stranger:
        wait_for(lambda: three.command.events("psk-mismatch"), "one of the three says that keys differ")
        wait_for(lambda: status_of(url) == 200, "the stranger is alone and ready")
        assert ask(url, "GET", "/members").body == {"members": ["n4"]}
        assert ask(url, "GET", "/session", cookie=login(three.urls["n1"])).status == 401
        assert three.members("n1") == ["n1", "n2", "n3"]
        assert stranger.end() == 0


def test_a_node_under_a_name_that_is_taken_gives_way(three: Trial, tmp_path: Path) -> None:
    key = three.environment("n1")["ANYNODE_TRIAL_PSK"]
    config, _ = joining(three, "n1", psk=key)
    arguments = ["serve", "--config", str(write(tmp_path, config)), "--name", "n2"]
    with running(arguments, tmp_path / "second.log") as second:
        assert second.process.wait(30) == 2
        assert "error: the name 'n2': found it taken by the node at 127.0.0.1:" in second.log
    assert three.members("n1") == ["n1", "n2", "n3"]
    cookie = login(three.urls["n1"], "tim")
    wait_for(lambda: ask(three.urls["n2"], "GET", "/peek", cookie=cookie).status == 200, "n2 is sent copies", 3)
    heard = [line for line in three.command.events("name-taken") if "boot" in line]
    assert heard == [], "nobody was told of a later life of the node that was there first"


@pytest.mark.requirement("REQ-MEMB-11")
@pytest.mark.requirement("REQ-OBS-4")
def test_a_node_that_joins_knows_the_sessions_there_were_and_one_that_leaves_is_missed_by_nobody(
    three: Trial, tmp_path: Path
) -> None:
    """It is told of one member alone, and finds the others through it (REQ-MEMB-10)."""
    cookie = login(three.urls["n3"], "eve")
    config, url = joining(three, "n1", psk=three.environment("n1")["ANYNODE_TRIAL_PSK"])
    arguments = ["serve", "--config", str(write(tmp_path, config)), "--name", "n4", "--probe"]
    with running(arguments, tmp_path / "n4.log") as joined:
        wait_for(lambda: status_of(url) == 200, "the newcomer is ready")
        assert ask(url, "GET", "/peek", cookie=cookie).body["user"] == "eve"
        wait_for(lambda: three.members("n2") == ["n1", "n2", "n3", "n4"], "all know it")
        own = login(url, "kim")
        assert joined.end() == 0
    wait_for(lambda: three.members("n2") == ["n1", "n2", "n3"], "all know that it has left", 3)
    assert [ask(at, "GET", "/session", cookie=own).status for at in three.urls.values()] == [200, 200, 200]
    assert not [line for line in three.command.events("suspect") if line["member"] == "n4"]
    assert [line["member"] for line in three.command.events("left")].count("n4") >= 1


def test_a_node_that_stands_still_holds_nobody_up_and_serves_nothing_old_when_it_goes_on(three: Trial) -> None:
    cookie = login(three.urls["n1"], "ida")
    os.kill(three.pids["n3"], signal.SIGSTOP)
    try:
        for value in range(5):
            for node in ("n1", "n2"):
                written = ask(three.urls[node], "PUT", "/session/data/k", {"value": value}, cookie)
                assert written.status == 200, written.text
        wait_for(lambda: three.command.events("suspect"), "somebody suspects it")
    finally:
        os.kill(three.pids["n3"], signal.SIGCONT)
    answers = []
    wait_for(
        lambda: answers.append(ask(three.urls["n3"], "GET", "/session", cookie=cookie)) or answers[-1].status == 200,
        "it serves again",
    )
    assert [answer.body.get("data") for answer in answers if answer.status == 200] == [{"k": 4}]
    assert {answer.status for answer in answers} <= {200, 503}
    wait_for(lambda: all(three.members(name) == ["n1", "n2", "n3"] for name in three.urls), "all agree")
