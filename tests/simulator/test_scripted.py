"""A workload that is a script: every request as it is written, at its instant."""

from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.planning import plan
from conformance.runner import lived
from scenarios import ScenarioRefused, parse

HEAD = "title: t\nshows: [REQ-REPL-1]\nduration: 20s\ncluster: {nodes: 3}\nobservers: {witnesses: 0}\n"
TAIL = "expect: {checks: [structure]}\n"


def scenario(*entries: str, more: str = "") -> str:
    script = "".join(f"    - {{{entry}}}\n" for entry in entries)
    return f"{HEAD}workload:\n{more}  script:\n{script}{TAIL}"


def asked(text: str) -> list[dict[str, Any]]:
    """Run a scenario and give what users asked."""
    history = BytesIO()
    lived(plan(parse(text, Path("t.yaml"))), history)
    lines = map(msgspec.json.decode, history.getvalue().splitlines())
    return sorted((line for line in lines if line.get("by") == "user"), key=lambda line: (line["asked"], line["id"]))


def test_requests_are_made_when_and_where_they_are_written_with_the_cookie_that_is_meant() -> None:
    found = asked(
        scenario(
            "at: 1s, user: u1, do: login, node: n1",
            "at: 2s, user: u1, do: write, key: k1, node: n2",
            "at: 3s, user: u1, do: login, node: n3",
            "at: 4s, user: u1, do: read, session: 1, node: n1",
            "at: 4s, user: u2, do: read",
            "at: 5s, user: u1, do: delete, key: k1",
            "at: 6s, user: u1, do: revoke",
        )
    )
    assert [(line["client"], line["op"], line["asked"] // 1_000_000) for line in found] == [
        ("u1", "login", 1),
        ("u1", "write", 2),
        ("u1", "login", 3),
        ("u1", "read", 4),
        ("u2", "read", 4),
        ("u1", "delete", 5),
        ("u1", "revoke", 6),
    ]
    login, write, again, old, stranger, delete, _ = found
    assert [line["node"] for line in (login, write, again, old)] == ["n1", "n2", "n3", "n1"]
    assert write["session"] == login["session"] == again["replaced"] == old["session"] != again["session"]
    assert (old["why"], stranger.get("session"), delete["session"]) == ("ended", None, again["session"])


def test_a_session_is_the_logins_own_though_another_host_was_asked_before_its_answer() -> None:
    found = asked(
        scenario(
            "at: 1s, user: u1, do: login, host: a.example.com",
            "at: 1s, user: u1, do: read, host: b.example.com",
            "at: 2s, user: u1, do: read, host: a.example.com, session: 1",
            more="  hosts: [a.example.com, b.example.com]\n",
        )
    )
    login, _, later = found
    assert (later["outcome"], later.get("session")) == ("ok", login["session"])


def test_what_would_come_before_the_nodes_are_ready_comes_when_they_are() -> None:
    (login,) = asked(scenario("at: 0, user: u1, do: login"))
    assert 0 < login["asked"] < 1_000_000
    assert login["outcome"] == "ok"


def test_a_cookie_that_nobody_has_yet_is_none() -> None:
    found = asked(scenario("at: 2s, user: u1, do: login", "at: 1s, user: u1, do: read, session: 1"))
    assert found[0].get("session") is None


@pytest.mark.parametrize(
    ("entry", "more", "said"),
    [
        ("at: 1s, user: u1, do: write", "", "does write without a key; write key: k1"),
        ("at: 1s, user: u1, do: read, key: k1", "", "names the key 'k1'; take `key` away"),
        ("at: 1s, user: u1, do: login, node: n4", "", "workload.script[0].node is 'n4'"),
        ("at: 30s, user: u1, do: login", "", "workload.script[0].at is 30s, but users stop at 20s"),
        ("at: 1s, user: u1, do: read, session: 1", "", "session is 1, but u1 logs in 0 times"),
        ("at: 1s, user: u1, do: login, host: a.b", "", "host is 'a.b', but `hosts` are none"),
        ("at: 1s, user: u1, do: login", "  think: 2s\n", "has `script` and `think`"),
    ],
)
def test_a_script_that_cannot_be_meant_is_refused_with_what_to_write(entry: str, more: str, said: str) -> None:
    with pytest.raises(ScenarioRefused) as refused:
        parse(scenario(entry, more=more), Path("t.yaml"))
    assert said in str(refused.value)
