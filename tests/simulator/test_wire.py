"""Sealed frames in the simulated world: as if they were not, and what befalls them reaches nobody."""

import gzip
import json
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from conformance.reading import read
from conformance.runner import Run, run
from conformance.verdict import HOLDS
from reference.codec import NAMES, PLACES, encode
from reference.effects import Effect
from reference.frames import Frame
from reference.node import Node
from reference.protocol import DATA, MEMBERSHIP, Init
from reference.sealed import SealedNode
from scenarios import load
from scenarios.loading import ScenarioRefused
from simulator.chance import Chance
from simulator.rules import Changed, Recorded
from simulator.wire_rules import Corrupt, Replay
from simulator.wiring import Wiring, keys_of

SMALL = """
title: Three nodes for a minute, one crash
shows: [REQ-REPL-2]
duration: 60s
wire: WIRE
cluster: {nodes: 3}
workload: {users: 20, think: 1s}
observers: {witnesses: 20}
faults:
FAULTS
expect: {checks: [convergence, durability, structure]}
"""
CRASH = "  - {at: 30s, for: 5s, crash: n2}"
FRAME = Frame("n2", DATA, bytes(100), "copies")
CONFIG = {
    "clusters": [{"name": "c", "encryption": {"psk": "ab" * 32}}, {"name": "d", "encryption": {"psk": "cd" * 32}}]
}


def run_small(folder: Path, wire: str, *faults: str, subject: str = "reference") -> Run:
    folder.mkdir(parents=True)
    path = folder / "small.yaml"
    path.write_text(SMALL.replace("WIRE", wire).replace("FAULTS", "\n".join(faults)), encoding="utf-8")
    return run(path, seed=3, subject=subject, out=folder / "run")


def trace_of(result: Run) -> list[list[object]]:
    with gzip.open(result.folder / "trace.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_small(tmp_path_factory.mktemp("runs") / "sealed", "sealed", CRASH)


def test_one_scenario_gives_equal_verdicts_sealed_and_not(sealed: Run, tmp_path: Path) -> None:
    plain = run_small(tmp_path / "plain", "structs", CRASH)
    assert {check.check: check.verdict for check in plain.checks} == {
        check.check: check.verdict for check in sealed.checks
    }
    assert plain.verdict == sealed.verdict == HOLDS
    assert sum(check.judged for check in sealed.checks) > 1_000
    assert plain.digest != sealed.digest


def test_a_sealed_run_is_one_run_however_often_it_is_made(sealed: Run, tmp_path: Path) -> None:
    assert run_small(tmp_path / "again", "sealed", CRASH).digest == sealed.digest


def test_pictures_still_know_what_a_frame_was(sealed: Run) -> None:
    kinds = {line[6] for line in trace_of(sealed) if line[0] == "m"}
    assert {"hello", "ping", "copies", "copied"} <= kinds


@pytest.mark.requirement("REQ-REPL-13")
def test_sessions_travel_on_the_data_channel_alone(sealed: Run) -> None:
    kinds: dict[object, set[object]] = {MEMBERSHIP: set(), DATA: set()}
    for line in trace_of(sealed):
        if line[0] == "m":
            kinds[line[5]].add(line[6])
    assert {"copies", "chunk", "compare"} <= kinds[DATA]
    assert {"ping", "push-pull"} <= kinds[MEMBERSHIP]
    assert kinds[DATA] & kinds[MEMBERSHIP] <= {"hello"}


@pytest.mark.requirement("REQ-SEC-3", "REQ-SEC-1")
def test_no_name_no_value_and_no_id_stands_in_clear_in_any_frame_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[bytes] = []
    inside: list[bytes] = []
    receive = SealedNode.receive
    opened = Node.receive

    def watching(self: SealedNode, sender: str, channel: str, message: Frame, wall: int, mono: int) -> list[Effect]:
        frames.append(message.data)
        return receive(self, sender, channel, message, wall, mono)

    def reading(self: Node, sender: str, channel: str, message: Struct, wall: int, mono: int) -> list[Effect]:
        inside.append(encode(PLACES, message))
        return opened(self, sender, channel, message, wall, mono)

    monkeypatch.setattr(SealedNode, "receive", watching)
    monkeypatch.setattr(Node, "receive", reading)
    history = read(run_small(tmp_path / "clear", "sealed", CRASH).folder / "history.jsonl")
    told = {text.encode() for one in history.operations for text in (one.user, one.value) if isinstance(text, str)}
    words = {word for word in told if len(word) > 4} | {b"my-cluster"}
    sent, clear = b"|".join(frames), b"|".join(inside)
    assert len(words) > 100
    assert len(frames) > 500
    assert sum(word in clear for word in words) > 50, "it is what the frames hold"
    assert not [word for word in words if word in sent]


@pytest.mark.requirement("REQ-SEC-4")
def test_every_frame_that_was_changed_is_refused(tmp_path: Path) -> None:
    result = run_small(tmp_path / "corrupt", "sealed", "  - {at: 20s, for: 30s, corrupt: 10%}")
    assert result.verdict == HOLDS
    (fault,) = read(result.folder / "history.jsonl").faults
    assert fault.touched > 50
    assert fault.taken == 0


def test_what_a_clog_holds_back_is_not_played_back_before_it_arrives(tmp_path: Path) -> None:
    clog = "  - {at: 20s, for: 15s, clog: [[n1, n2]]}"
    result = run_small(tmp_path / "held", "sealed", "  - {at: 10s, for: 45s, replay: 20%}", clog)
    replay = next(fault for fault in result.faults if fault.title.startswith("replay"))
    sealing = next(finding for finding in result.checks if finding.check == "sealing")
    assert replay.touched > 100
    assert sealing.verdict == HOLDS


@pytest.mark.requirement("REQ-SEC-8")
def test_no_frame_that_is_played_back_is_taken_by_the_same_life_or_the_next(tmp_path: Path) -> None:
    result = run_small(tmp_path / "replay", "sealed", "  - {at: 10s, for: 45s, replay: 20%}", CRASH)
    assert result.verdict == HOLDS
    fault = read(result.folder / "history.jsonl").faults[0]
    assert fault.touched > 100
    assert fault.taken == 0
    causes = {line[4]["cause"] for line in trace_of(result) if line[0] == "n" and line[3] == "frames-refused"}  # type: ignore[index,call-overload]
    assert {"replayed", "earlier-life"} <= causes


@pytest.mark.requirement("REQ-OBS-8")
def test_keys_that_differ_are_noted_by_both_sides_and_part_them_for_as_long(tmp_path: Path) -> None:
    result = run_small(tmp_path / "key", "sealed", "  - {at: 20s, for: 20s, wrong-key: n3}")
    assert result.verdict == HOLDS
    noted = {line[2] for line in trace_of(result) if line[0] == "n" and line[3] == "psk-mismatch"}
    assert noted == {"n1", "n2", "n3"}
    told = [(fault.fault, fault.nodes, fault.begin, fault.end) for fault in result.faults]
    assert ("wrong-key", ["n3"], 20_000_000, 40_000_000) in told
    assert [begin for name, _, begin, _ in told if name == "crash"] == [20_000_000, 40_000_000]


def test_nodes_speak_the_older_version_until_both_are_upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[tuple[str, str, int]] = []
    receive = SealedNode.receive

    def watching(self: SealedNode, sender: str, channel: str, message: Frame, wall: int, mono: int) -> object:
        spoken.append((sender, self.node.name, message.data[0]))
        return receive(self, sender, channel, message, wall, mono)

    monkeypatch.setattr(SealedNode, "receive", watching)
    result = run_small(
        tmp_path / "up", "sealed", *(f"  - {{at: {at}s, for: 3s, upgrade: n{n}}}" for n, at in ((1, 15), (2, 30)))
    )
    assert result.verdict == HOLDS
    by_pair: dict[frozenset[str], list[int]] = {}
    for sender, to, version in spoken:
        if version:
            by_pair.setdefault(frozenset({sender, to}), []).append(version)
    assert by_pair[frozenset({"n1", "n2"})][0] == NAMES
    assert by_pair[frozenset({"n1", "n2"})][-1] == PLACES
    assert by_pair[frozenset({"n1", "n3"})][0] == NAMES, "n3 is none that is upgraded: it speaks both from the start"
    assert by_pair[frozenset({"n1", "n3"})][-1] == PLACES


@pytest.mark.parametrize("fault", ["corrupt: 1%", "replay: 1%", "wrong-key: n1", "upgrade: n1"])
def test_what_befalls_frames_is_refused_where_nothing_is_sealed(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "unsealed.yaml"
    text = SMALL.replace("WIRE", "structs").replace("FAULTS", f"  - {{at: 10s, for: 10s, {fault}}}")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioRefused, match="nothing is sealed; write wire: sealed"):
        load(path)


# ---------------------------------------------------------------------------------------------------------------- rules


def test_a_changed_frame_differs_in_one_to_eight_bits_and_is_marked() -> None:
    rule = Corrupt(1_000_000, Chance(1), None, "mark")
    says = rule.on_link("n1", "n2")
    assert says is not None
    for _ in range(200):
        answer = says(FRAME, 0)
        assert isinstance(answer, Changed)
        changed = sum(octet.bit_count() for octet in answer.message.data)
        assert 1 <= changed <= 8
        assert answer.message == replace(FRAME, data=answer.message.data, planted="mark")
    assert rule.touched == 200


def test_what_is_no_frame_is_left_alone_and_not_counted() -> None:
    for rule in (Corrupt(1_000_000, Chance(1), None, ""), Replay(1_000_000, Chance(1), None, "")):
        says = rule.on_link("n1", "n2")
        assert says is not None
        assert says({"a foreign": "message"}, 0) is None
        assert rule.touched == 0


def test_a_recording_is_the_frame_itself_up_to_a_minute_later() -> None:
    says = Replay(1_000_000, Chance(1), None, "mark").on_link("n1", "n2")
    assert says is not None
    answers = [says(FRAME, 0) for _ in range(100)]
    assert all(isinstance(answer, Recorded) and answer.message.data == FRAME.data for answer in answers)
    late = [answer.after_us for answer in answers if isinstance(answer, Recorded)]
    assert 0 < min(late) < 5_000_000
    assert 50_000_000 < max(late) <= 60_000_000


def test_another_key_is_one_that_nobody_else_has_and_only_of_that_cluster() -> None:
    wiring = Wiring(1, [])
    init = Init("n1", 1, "c", (), None, CONFIG)
    assert wiring.configured(init) is init
    wiring.give_another_key("n1")
    given = wiring.configured(init).config
    assert given["clusters"][0]["encryption"]["psk"] != "ab" * 32
    assert given["clusters"][1] == CONFIG["clusters"][1]
    assert CONFIG["clusters"][0]["encryption"] == {"psk": "ab" * 32}
    wiring.give_the_right_key("n1")
    assert wiring.configured(init) is init


def test_accepted_keys_follow_the_nodes_own_and_a_reference_stands_for_a_key_of_its_own() -> None:
    config = CONFIG | {"x-anynode": {"acceptedPsks": ["ef" * 32, "<vault.old>"]}}
    own, accepted, stand_in = keys_of(config, "c")
    assert (own, accepted) == (b"\xab" * 32, b"\xef" * 32)
    assert len(stand_in) == 32
