"""A whole run with a small honest store: the order of its phases, and what its history says."""

# ruff: noqa: ARG002 - a toy is given what every node is given, and needs little of it

import gzip
import io
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from conformance.checks import check
from conformance.history import Contract
from conformance.reading import read
from reference.effects import Effect, Respond, Send, SetAlarm
from reference.protocol import DATA, Init, Request
from scenarios.loading import parse
from scenarios.schema import Scenario
from simulator import staging
from simulator.host import Machine
from simulator.world import Judged, Outcome, World

SECOND = 1_000_000
FEATURES = ["members", "peek", "revoke"]

Said = tuple[int, Any, tuple[tuple[str, str], ...], dict[str, Any]]
"""Status, body, headers, and the records that changed."""


class Toy:
    """A store that sends every record to everybody, and all of them again each second; the later change wins.

    A record: [version, user, data, ended, created]; version is (count of changes, node).
    """

    merges = True

    def __init__(self, init: Init) -> None:
        self.name = init.node
        self.peers = init.peers
        self.seed = init.seed
        self.logins = 0
        self.records: dict[str, list[Any]] = {}

    def start(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        return [SetAlarm("resend", SECOND)]

    def discovered(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        self.peers = peers
        return []

    def lookup_failed(self, why: str, wall: int, mono: int) -> list[Effect]:
        return []

    def leave(self, wall: int, mono: int) -> list[Effect]:
        return []

    def ring(self, alarm: str, wall: int, mono: int) -> list[Effect]:
        return [*self._tell(dict(self.records)), SetAlarm("resend", SECOND)]

    def receive(self, sender: str, channel: str, message: Any, wall: int, mono: int) -> list[Effect]:
        for session, record in message.items():
            mine = self.records.get(session)
            if mine is None or record[3] > mine[3] or (record[3] == mine[3] and record[0] > mine[0]):
                self.records[session] = record
        return []

    def request(self, request: Request, wall: int, mono: int) -> list[Effect]:
        status, body, headers, changed = self._answer(request, wall)
        return [*self._tell(changed), Respond(request.id, status, headers, body)]

    def _tell(self, records: dict[str, Any]) -> list[Effect]:
        if not records or not self.merges:
            return []
        return [Send(peer, DATA, records) for peer in self.peers]

    def _answer(self, request: Request, wall: int) -> Said:
        """Answer, and say which records changed."""
        session = (request.cookie or "").removeprefix("s=")
        record = self.records.get(session)
        match request.path:
            case "/status":
                said: Said = (200, {"status": "up"}, (), {})
            case "/members":
                said = (200, {"members": sorted((self.name, *self.peers))}, (), {})
            case "/login":
                said = self._login(request, session, record, wall)
            case "/revoke":
                user = request.body["user"]
                mine = [key for key, held in self.records.items() if held[1] == user and not held[3]]
                said = (
                    200,
                    {"sessions": len(mine)},
                    (),
                    {key: self._next(self.records[key], ended=True) for key in mine},
                )
            case "/peek" if record is not None:
                shown = {
                    "user": record[1],
                    "data": record[2],
                    "ended": record[3],
                    "created": record[4],
                    "last": record[4],
                }
                said = (200, shown, (), {})
            case "/peek":
                said = (404, {"error": "no-session"}, (), {})
            case _ if record is None or record[3]:
                said = (401, {"error": "no-session" if record is None else "ended"}, (), {})
            case _:
                said = self._serve(request, session, record)
        self.records.update(said[3])
        return said

    def _login(self, request: Request, session: str, record: list[Any] | None, wall: int) -> Said:
        self.logins += 1
        new = f"live-{self.seed}-{self.logins}"
        changed = {new: [(1, self.name), request.body["user"], {}, False, wall]}
        if record is not None and not record[3]:
            changed[session] = self._next(record, ended=True)
        return 200, request.body, (("Set-Cookie", f"s={new}; Path=/"),), changed

    def _serve(self, request: Request, session: str, record: list[Any]) -> Said:
        if request.path == "/session":
            return 200, {"user": record[1], "data": record[2]}, (), {}
        if request.path == "/logout":
            return 200, {}, (("Set-Cookie", "s=; Max-Age=0; Path=/"),), {session: self._next(record, ended=True)}
        key = request.path.removeprefix("/session/data/")
        kept = {name: value for name, value in record[2].items() if name != key}
        data = kept if request.method == "DELETE" else {**kept, key: request.body["value"]}
        return 200, {}, (), {session: self._next(record, data=data)}

    def _next(self, record: list[Any], data: dict[str, Any] | None = None, *, ended: bool = False) -> list[Any]:
        (count, _), user, held, _, created = record
        return [(count + 1, self.name), user, held if data is None else data, ended, created]


class KeepsToItself(Toy):
    """Sends nothing: every session lives on one node."""

    merges = False


class Lazy(Toy):
    """n2 takes 40 ms for every page of a session."""

    def __init__(self, init: Init) -> None:
        super().__init__(init)
        self.late: dict[str, Respond] = {}

    def request(self, request: Request, wall: int, mono: int) -> list[Effect]:
        *told, answer = super().request(request, wall, mono)
        if self.name != "n2" or request.path == "/status" or not isinstance(answer, Respond):
            return [*told, answer]
        self.late[f"late-{request.id}"] = answer
        return [*told, SetAlarm(f"late-{request.id}", 40_000)]

    def ring(self, alarm: str, wall: int, mono: int) -> list[Effect]:
        return [self.late.pop(alarm)] if alarm in self.late else super().ring(alarm, wall, mono)


class Silent(Toy):
    """n2 never answers a write."""

    def request(self, request: Request, wall: int, mono: int) -> list[Effect]:
        if self.name == "n2" and request.method == "PUT":
            return []
        return super().request(request, wall, mono)


class Slow(Toy):
    """Ready only 3 s after its start."""

    def request(self, request: Request, wall: int, mono: int) -> list[Effect]:
        if mono < 3 * SECOND:
            return [Respond(request.id, 503, (), {"error": "not-ready"})]
        return super().request(request, wall, mono)


SMALL = """
title: A small world
shows: [REQ-REPL-2]
duration: 60s
cluster: {nodes: 3}
workload: {users: 5, think: 500ms, rest: 2s}
observers: {witnesses: 8}
expect: {checks: [convergence]}
"""


def scenario(extra: str = "", workload: str = "") -> Scenario:
    small = SMALL.replace("duration: 60s\n", "") if "duration:" in extra else SMALL
    return parse(small.replace("rest: 2s", f"rest: 2s{workload}") + extra, Path("small.yaml"))


def judged(make: type[Toy] = Toy, **changed: Any) -> Judged:
    def start(init: Init) -> Machine:
        return make(init)

    values: dict[str, Any] = {
        "name": "toy", "features": FEATURES, "contract": Contract(3 * SECOND, detect_us=5 * SECOND), "make": start,
        "ended": lambda _node: None, "config": {}, "cluster": "my-cluster",
        "absolute_us": 0, "idle_us": 0, "cookie_name": "s", "cookie_domain": "",
        "routing": False, "store": "cluster", "poll_us": 5 * SECOND, **changed,
    }  # fmt: skip
    return Judged(**values)


class Ran:
    """One run and its lines."""

    def __init__(
        self, extra: str = "", make: type[Toy] = Toy, seed: int = 1, workload: str = "", **changed: Any
    ) -> None:
        history, self.trace = io.BytesIO(), io.BytesIO()
        world = World(scenario(extra, workload), seed, judged(make, **changed))
        self.outcome: Outcome = world.run(history, self.trace)
        self.raw = history.getvalue()
        self.lines = [json.loads(line) for line in self.raw.splitlines()]
        self.operations = [line for line in self.lines if "op" in line]
        self.final = [line for line in self.operations if "-f" in line["id"]]

    def ops(self, op: str, by: str = "user") -> list[dict[str, Any]]:
        return [line for line in self.operations if line["op"] == op and line["by"] == by]

    def at(self, kind: str) -> list[tuple[str, int]]:
        return [(line[kind], line["t"]) for line in self.lines if kind in line]

    def disagreements(self) -> int:
        """Count the sessions that two nodes answered differently at the end."""
        answers: dict[str, list[Any]] = {}
        for line in self.final:
            answers.setdefault(line["session"], []).append((line["outcome"], line.get("data")))
        return sum(any(answer != found[0] for answer in found) for found in answers.values())


CUT = "faults: [{at: 20s, for: 20s, partition: [[n1], rest]}]"


@pytest.fixture(scope="module")
def cut() -> Ran:
    return Ran(CUT)


def test_a_history_begins_with_its_header_and_ends_with_its_count(cut: Ran) -> None:
    header, end = cut.lines[0], cut.lines[-1]
    assert (header["history"], header["scenario"], header["seed"], header["subject"]) == (1, "small", 1, "toy")
    assert header["nodes"] == ["n1", "n2", "n3"]
    assert header["expect"] == {"checks": ["convergence"]}
    assert end == {"end": cut.outcome.simulated_us, "operations": len(cut.operations)}
    assert cut.outcome.finished
    assert cut.outcome.operations == cut.outcome.requests == len(cut.operations)


def test_a_history_contradicts_itself_nowhere(cut: Ran) -> None:
    """As `check` reads it, which refuses what breaks a rule of the protocol's part 5."""
    history = read(cut.raw)
    assert len(history.operations) == len(cut.operations)
    assert history.finished


def test_ids_and_written_values_are_unique(cut: Ran) -> None:
    ids = [line["id"] for line in cut.operations]
    values = [line["value"] for line in cut.operations if line["op"] == "write"]
    assert len(ids) == len(set(ids))
    assert len(values) == len(set(values))
    assert values


def test_no_live_session_id_stands_in_a_history(cut: Ran) -> None:
    assert b"live-" not in cut.raw
    login = next(line for line in cut.ops("login") if line["outcome"] == "ok")
    assert login["set_cookie"] == [f"s={login['session']}; Path=/"]
    assert any(line["session"] == login["session"] for line in cut.operations if line["op"] == "read")


def test_a_login_with_a_cookie_says_which_session_it_replaces(cut: Ran) -> None:
    begun = {line["session"] for line in cut.ops("login")}
    replaced = [line["replaced"] for line in cut.ops("login") if line.get("replaced")]
    assert replaced
    assert set(replaced) <= begun


def test_the_cut_stops_messages_and_is_written_with_its_groups(cut: Ran) -> None:
    fault = next(line for line in cut.lines if "fault" in line)
    assert (fault["fault"], fault["from"], fault["to"]) == ("cut", 20 * SECOND, 40 * SECOND)
    assert fault["groups"] == [["n1"], ["n2", "n3"]]
    assert fault["touched"] > 100
    assert [record.touched for record in cut.outcome.faults] == [fault["touched"]]


def test_users_ask_only_while_all_is_ready_and_until_the_end_of_the_faults(cut: Ran) -> None:
    asked = [line["asked"] for line in cut.operations if line["by"] == "user"]
    assert max(t for _, t in cut.at("ready")) <= min(asked)
    assert max(asked) < 60 * SECOND
    assert [line["healed"] for line in cut.lines if "healed" in line] == [60 * SECOND]


def test_every_witness_session_is_read_on_every_node_at_one_instant_after_the_bound(cut: Ran) -> None:
    sessions = {line["session"] for line in cut.ops("login", "observer") if line["outcome"] == "ok"}
    assert len(sessions) >= 8
    assert {(line["session"], line["node"]) for line in cut.final} == {
        (session, node) for session in sessions for node in ("n1", "n2", "n3")
    }
    assert len({line["asked"] for line in cut.final}) == 1
    assert cut.final[0]["asked"] >= (60 + 3 + 5) * SECOND
    assert cut.disagreements() == 0


def test_without_a_fault_of_membership_the_end_does_not_wait_for_its_detection() -> None:
    assert Ran("faults: [{at: 20s, for: 20s, loss: 5%}]").final[0]["asked"] < (60 + 3 + 5) * SECOND


def test_a_contract_of_a_year_is_not_waited_for_and_nothing_is_found_to_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.world.SETTLED_WITHIN_US", 20 * SECOND)
    year = Ran(contract=Contract(365 * 86_400 * SECOND))
    assert (60 + 20) * SECOND < year.final[0]["asked"] < (60 + 20 + 12) * SECOND
    assert [found.verdict for found in check(year.raw) if found.check == "convergence"] == ["vacuous"]


def test_nodes_that_do_not_agree_are_seen() -> None:
    """The negative: with links cut at the end, no node can fetch what it never got."""
    assert Ran(make=KeepsToItself).disagreements() > 0


def _changed_after(cut: Ran, write: dict[str, Any]) -> bool:
    """Say whether the same session was changed again before the cut had healed, after which nobody waits for this."""
    return any(
        line["op"] not in ("peek", "read")
        and write["session"] in (line.get("session"), line.get("replaced"))
        and write["asked"] < line["asked"] < 45 * SECOND
        for line in cut.operations
    )


def test_changes_of_witnesses_are_looked_at_until_every_node_shows_them(cut: Ran) -> None:
    peeks = cut.ops("peek", "observer")
    write = next(
        line
        for line in cut.ops("write", "observer")
        if line["outcome"] == "ok" and 21 * SECOND < line["asked"] < 38 * SECOND and not _changed_after(cut, line)
    )
    after = [line for line in peeks if line["session"] == write["session"] and line["asked"] > write["answered"]]
    shown = {
        line["node"]: line["asked"]
        for line in reversed(after)
        if line.get("data", {}).get(write["key"]) == write["value"]
    }
    assert set(shown) == {"n1", "n2", "n3"}
    assert max(shown.values()) > 40 * SECOND  # one side saw it only once the cut had healed
    assert min(shown.values()) < write["answered"] + SECOND


def test_members_are_asked_of_every_node_every_five_seconds(cut: Ran) -> None:
    counts = Counter(line["node"] for line in cut.ops("members", "observer"))
    assert set(counts) == {"n1", "n2", "n3"}
    assert min(counts.values()) >= 12
    assert cut.ops("members", "observer")[0]["members"] == ["n1", "n2", "n3"]


def test_what_the_subject_does_not_offer_is_not_asked() -> None:
    plain = Ran(features=[])
    assert not plain.ops("peek", "observer")
    assert not plain.ops("members", "observer")
    assert not [line for line in plain.operations if line["op"] == "revoke"]
    assert plain.final


def test_one_seed_gives_one_history_and_one_digest_and_another_seed_others(cut: Ran) -> None:
    again, other = Ran(CUT), Ran(CUT, seed=2)
    assert (again.outcome, again.raw) == (cut.outcome, cut.raw)
    assert again.trace.getvalue() == cut.trace.getvalue()
    assert other.outcome.digest != cut.outcome.digest


def test_a_history_is_not_needed_for_a_digest(cut: Ran) -> None:
    assert World(scenario(CUT), 1, judged()).run().digest == cut.outcome.digest


def test_a_crash_breaks_what_is_open_and_the_node_is_unready_until_it_is_back() -> None:
    ran = Ran("faults: [{at: 20s, for: 10s, crash: n2}]", Slow)
    assert ran.at("unready") == [("n2", 20 * SECOND)]
    back = [t for node, t in ran.at("ready") if node == "n2"]
    assert len(back) == 2
    assert 33 * SECOND <= back[1] < 34 * SECOND
    served = [line["asked"] for line in ran.operations if line["node"] == "n2" and line["outcome"] == "ok"]
    assert not [t for t in served if 20 * SECOND < t < 33 * SECOND]
    assert ran.disagreements() == 0


def test_a_request_that_nobody_takes_is_unknown_and_unanswered() -> None:
    ran = Ran("faults: [{at: 20s, for: 10s, crash: n2}]")
    refused = [line for line in ran.operations if line["node"] == "n2" and line["outcome"] == "unknown"]
    assert refused
    assert all(line["answered"] is None and "status" not in line for line in refused)


def test_the_balancer_leaves_a_dead_node_out_once_it_believes_it() -> None:
    ran = Ran("faults: [{at: 20s, for: 30s, crash: n2}]")
    sent = [line["asked"] for line in ran.operations if line["node"] == "n2" and line["by"] == "user"]
    assert [t for t in sent if 20 * SECOND < t < 21 * SECOND]
    assert not [t for t in sent if 21 * SECOND < t < 50 * SECOND]
    assert [t for t in sent if t > 51 * SECOND]


def test_a_node_that_joins_later_is_not_there_before_and_read_at_the_end() -> None:
    ran = Ran("faults: [{at: 20s, join: n3}]")
    assert [t for node, t in ran.at("ready") if node == "n3"] == [20 * SECOND]
    assert not ran.at("unready")
    before = [line for line in ran.operations if line["node"] == "n3" and line["asked"] < 20 * SECOND]
    assert all(line["outcome"] == "unknown" for line in before)
    users = [line for line in ran.operations if line["by"] == "user"]
    assert not [line for line in users if line["node"] == "n3" and SECOND < line["asked"] < 20 * SECOND]
    assert [line for line in users if line["node"] != "n3" and line["asked"] < 10 * SECOND]
    assert {line["node"] for line in ran.final} == {"n1", "n2", "n3"}
    assert ran.disagreements() == 0


def test_discovery_finds_a_node_only_once_it_has_joined() -> None:
    found: list[tuple[str, tuple[str, ...]]] = []

    class Curious(Toy):
        def start(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
            found.append((self.name, peers))
            assert peers == self.peers, "what it is made with and what it is started with"
            return super().start(peers, wall, mono)

        def discovered(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
            found.append((self.name, peers))
            return []

    Ran("faults: [{at: 20s, join: n3}]", Curious)
    of_n1 = [peers for name, peers in found if name == "n1"]
    assert of_n1[:4] == [("n2",)] * 4
    assert set(of_n1[4:]) == {("n2", "n3")}
    assert {peers for name, peers in found if name == "n3"} == {("n1", "n2")}


def _nodes_by_user(ran: Ran, begin: int, end: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in ran.operations:
        if line["by"] == "user" and begin * SECOND < line["asked"] < end * SECOND:
            found.setdefault(line["client"], []).append(line["node"])
    return found


@pytest.mark.parametrize("kind", ["sticky", "sticky-failback"])
def test_a_sticky_user_leaves_its_node_when_that_is_lost_and_with_failback_returns(kind: str) -> None:
    ran = Ran("faults: [{at: 20s, for: 20s, crash: n2}]", workload=f", balancer: {kind}")
    before, during, after = (_nodes_by_user(ran, *span) for span in ((11, 20), (22, 40), (42, 60)))
    assert len(before) == 5
    assert all(len(set(nodes)) == 1 for nodes in before.values())
    assert {nodes[0] for nodes in before.values()} == {"n1", "n2", "n3"}
    assert not [user for user, nodes in during.items() if "n2" in nodes]
    stranded = [user for user, nodes in before.items() if nodes[0] == "n2"]
    returned = [user for user, nodes in after.items() if set(nodes) == {"n2"}]
    assert sorted(returned) == (sorted(stranded) if kind == "sticky-failback" else [])


def test_the_least_latency_of_the_nodes_gets_most_requests() -> None:
    ran = Ran(make=Lazy, workload=", balancer: least-latency")
    counts = Counter(line["node"] for line in ran.operations if line["by"] == "user")
    assert 0 < counts["n2"] < min(counts["n1"], counts["n3"]) // 2


def test_a_share_of_a_sticky_users_requests_moves_it() -> None:
    ran = Ran(workload=", balancer: sticky, moves: 10%, health-lag: {up: 100ms, down: 2s}")
    found = _nodes_by_user(ran, 0, 60)
    moves = sum(one != other for nodes in found.values() for one, other in pairwise(nodes))
    asked = sum(len(nodes) for nodes in found.values())
    assert asked // 20 < moves < asked // 6


def test_a_node_that_never_returns_is_not_read() -> None:
    ran = Ran("faults: [{at: 20s, crash: n3}]")
    assert {line["node"] for line in ran.final} == {"n1", "n2"}
    assert next(line for line in ran.lines if "fault" in line)["to"] is None


def test_a_crash_on_an_event_strikes_whoever_answers_and_the_answer_is_heard() -> None:
    ran = Ran("faults: [{crash: answering, after: {event: write, count: 20}, for: 5s}]")
    fault = next(line for line in ran.lines if "fault" in line)
    assert fault["touched"] == 1
    last = [
        line
        for line in ran.operations
        if line["op"] == "write" and line["outcome"] == "ok" and line["node"] == fault["nodes"][0]
        and line["asked"] <= fault["from"] <= line["answered"]
    ]  # fmt: skip
    assert len(last) == 1


def test_a_fault_that_never_strikes_is_written_as_one_that_touched_nothing() -> None:
    ran = Ran("faults: [{crash: answering, after: {event: write, count: 1000000}, for: 5s}]")
    fault = next(line for line in ran.lines if "fault" in line)
    assert (fault["fault"], fault["nodes"], fault.get("touched", 0)) == ("crash", [], 0)


def test_what_a_paused_node_was_sent_is_answered_late_or_never() -> None:
    ran = Ran("faults: [{at: 20s, for: 15s, pause: n2}]")
    slow = [line for line in ran.operations if line["node"] == "n2" and 20 * SECOND < line["asked"] < 22 * SECOND]
    assert slow
    assert all(line["answered"] is None and line["outcome"] == "unknown" for line in slow)
    assert not ran.at("unready")
    assert ran.disagreements() == 0


def test_a_client_gives_up_after_ten_seconds_and_goes_on() -> None:
    ran = Ran(make=Silent)
    given_up = [line for line in ran.ops("write") if line["node"] == "n2"]
    assert given_up
    assert all(line["answered"] is None and line["outcome"] == "unknown" for line in given_up)
    first = given_up[0]
    after = [
        line["asked"] for line in ran.operations if line["client"] == first["client"] and line["asked"] > first["asked"]
    ]
    assert min(after) >= first["asked"] + 10 * SECOND


def test_witnesses_begin_within_half_an_idle_limit_of_the_end() -> None:
    ran = Ran(idle_us=60 * SECOND)
    logins = [line["asked"] for line in ran.ops("login", "observer")]
    assert min(logins) >= ran.outcome.simulated_us - 60 * SECOND // 2 - 11 * SECOND
    assert max(logins) < 60 * SECOND
    early = [line["asked"] for line in Ran(idle_us=600 * SECOND).ops("login", "observer")]
    assert min(early) < 20 * SECOND


def test_in_a_run_much_longer_than_the_limit_too_no_witness_is_begun_too_early() -> None:
    """A quarter of a day is no half of an idle limit: whoever is begun then has expired before anybody looks."""
    ran = Ran("duration: 300s\n", idle_us=100 * SECOND)
    logins = [line["asked"] for line in ran.ops("login", "observer")]
    assert min(logins) >= ran.outcome.simulated_us - 100 * SECOND // 2 - 11 * SECOND
    assert len(logins) >= 8


def test_an_interrupted_run_leaves_whole_lines_and_no_last_one() -> None:
    history, trace = io.BytesIO(), io.BytesIO()

    def interrupt(now: int) -> None:
        if now >= 30 * SECOND:
            raise KeyboardInterrupt

    world = World(scenario(), 1, judged())
    with pytest.raises(KeyboardInterrupt):
        world.run(history, trace, interrupt)
    lines = [json.loads(line) for line in history.getvalue().splitlines()]
    assert len(lines) > 50
    assert "end" not in lines[-1]
    assert not world.outcome().finished
    unpacked = gzip.decompress(trace.getvalue()).splitlines()
    assert json.loads(unpacked[0])[0] == "trace"
    assert json.loads(unpacked[-1])[0] != "end"


def test_progress_is_told_up_to_the_end() -> None:
    told: list[int] = []
    outcome = World(scenario(), 1, judged()).run(progress=told.append)
    assert told == sorted(told)
    assert told[-1] == outcome.simulated_us


def test_every_life_of_every_node_has_a_seed_of_its_own() -> None:
    seeds = {
        staging.seed_of_a_life(seed, node, boot) for seed in (1, 2) for node in ("n1", "n2") for boot in (1, 2, 11)
    }
    assert len(seeds) == 12
    assert all(len(seed) == 64 and int(seed, 16) >= 0 for seed in seeds)


def test_hosts_are_asked_for_under_the_domain_of_the_cookie() -> None:
    assert Ran().operations[0]["host"] == "app.example.com"
    assert Ran(cookie_domain="shop.test").operations[0]["host"] == "app.shop.test"
