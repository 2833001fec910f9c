"""`anynode cluster`: nodes on real sockets, as processes, and what is done to them."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.cli.app import execute
from tests.live.trials import Trial, ask, exists, login, status_of, trial, wait_for

EXAMPLE = Path(__file__).parents[2] / "examples" / "maverics.yaml"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """Three nodes that no test ends."""
    with trial(tmp_path_factory.mktemp("three")) as nodes:
        yield nodes


def test_a_session_begun_on_one_node_is_known_to_all(three: Trial) -> None:
    cookie = login(three.urls["n1"])
    assert ask(three.urls["n1"], "PUT", "/session/data/cart", {"value": [1, 2]}, cookie).status == 200
    for url in three.urls.values():
        read = ask(url, "GET", "/session", cookie=cookie)
        assert (read.status, read.body) == (200, {"user": "ann", "data": {"cart": [1, 2]}})


def test_a_session_ended_on_one_node_is_ended_on_all(three: Trial) -> None:
    cookie = login(three.urls["n2"])
    assert ask(three.urls["n3"], "POST", "/logout", cookie=cookie).status == 200
    assert [ask(url, "GET", "/session", cookie=cookie).status for url in three.urls.values()] == [401, 401, 401]


@pytest.mark.requirement("REQ-OBS-4")
def test_what_a_killed_node_answered_is_kept_and_the_others_go_on(tmp_path: Path) -> None:
    """The way that the README shows, and the end: exit code 0, and no process is left."""
    with trial(tmp_path) as nodes:
        n1, n2, n3 = nodes.urls.values()
        cookie = login(n1)
        assert ask(n1, "PUT", "/session/data/k", {"value": 1}, cookie).status == 200
        os.kill(nodes.pids["n1"], signal.SIGKILL)
        assert ask(n2, "GET", "/session", cookie=cookie).body["data"] == {"k": 1}
        assert ask(n2, "PUT", "/session/data/k", {"value": 2}, cookie).status == 200
        assert ask(n3, "GET", "/session", cookie=cookie).body["data"] == {"k": 2}
        assert ask(n2, "POST", "/logout", cookie=cookie).status == 200
        assert ask(n3, "GET", "/session", cookie=cookie).status == 401
        wait_for(lambda: nodes.members("n2") == nodes.members("n3") == ["n2", "n3"], "n1 is known for dead")
        assert f"n1 (pid {nodes.pids['n1']}) was killed by SIGKILL; n2, n3 go on" in nodes.command.log
        assert nodes.command.end(signal.SIGINT) == 0
    assert [pid for pid in nodes.pids.values() if exists(pid)] == []
    assert [status_of(url) for url in nodes.urls.values()] == [0, 0, 0]


def test_a_configuration_is_served_as_it_is_and_no_node_outlives_the_command(tmp_path: Path) -> None:
    """However the command ends: killed, it can tell nobody to leave."""
    key = {"CLUSTER_PSK": os.urandom(32).hex()}
    with trial(tmp_path, "--nodes", "2", "--config", str(EXAMPLE), environment=key) as nodes:
        n1, n2 = nodes.urls.values()
        granted = ask(n1, "POST", "/login", {"user": "ann"})
        assert granted.set_cookie.endswith("; Path=/; Secure; HttpOnly; SameSite=None")
        assert ask(n2, "GET", "/session", cookie=granted.cookie).body["user"] == "ann"
        assert nodes.configuration("n1")["session"]["lifetime"] == {"maxTimeout": "24h", "idleTimeout": "15m"}
        assert key["CLUSTER_PSK"] not in json.dumps(nodes.configuration("n1"))
        nodes.command.process.kill()
        wait_for(lambda: [pid for pid in nodes.pids.values() if exists(pid)] == [], "no node is left")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--config", str(EXAMPLE)], "CLUSTER_PSK, which is not set"),
        (["--config", "nowhere.yaml"], "nowhere.yaml: found no such file or directory, expected a readable file"),
        (["--log", "loud"], "--log: found 'loud', expected one of debug, info, warn, error"),
        (["--nodes", "0"], "Invalid value for '--nodes'"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_starts(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLUSTER_PSK", raising=False)
    assert execute(["cluster", *arguments]) == 2
    assert says in capsys.readouterr().err
