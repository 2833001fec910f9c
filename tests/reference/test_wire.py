"""The sealed wire: what is sent arrives as it was, and nothing else is taken for it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.codec import NAMES, PLACES, VERSIONS
from reference.frames import LIMITS, Frame, Oversized, Splitter, prefixed
from reference.protocol import DATA, MEMBERSHIP, Copied, Ping, Returned
from reference.refused import CAUSES, TELL_EVERY
from reference.wire import ASK_AGAIN, WAITS
from tests.reference.frames_and_wires import KEY, OTHER_KEY, Air, messages, wire

PING = Ping(7, ())


def met(**second: Any) -> Air:
    """Two wires that have exchanged hellos, and one message."""
    air = Air(wire("n1"), wire("n2", **second))
    air.say("n1", "n2", DATA, Copied(1, 1))
    assert air.taken == [("n1", DATA, Copied(1, 1))]
    return air


def sealed(air: Air, message: Any = PING, channel: str = MEMBERSHIP) -> Frame:
    """A frame from n1 to n2 that is still on its way."""
    (frame,) = air.wires["n1"].seal("n2", channel, message, air.now)
    return frame


# ------------------------------------------------------------------------------------------------------- what arrives


@pytest.mark.requirement("REQ-SEC-1")
@given(messages, st.sampled_from(VERSIONS), st.sampled_from([MEMBERSHIP, DATA]))
def test_every_message_arrives_as_it_was_in_every_version_and_on_both_channels(
    message: Any, version: int, channel: str
) -> None:
    air = Air(wire("n1"), wire("n2", speaks=(version,)))
    air.say("n1", "n2", channel, message)
    assert air.taken == [("n1", channel, message)]
    assert air.seen[-1].data[0] == version


def test_what_is_said_before_the_other_is_met_waits_for_its_hello_and_arrives_in_order() -> None:
    air = Air(wire("n1"), wire("n2"))
    first = air.wires["n1"].seal("n2", DATA, Copied(1, 1), 0)
    assert [frame.kind for frame in first] == ["hello"]
    assert air.wires["n1"].seal("n2", DATA, Copied(1, 2), 0) == []
    air.carry("n1", first)
    assert air.taken == [("n1", DATA, Copied(1, 1)), ("n1", DATA, Copied(1, 2))]


def test_a_message_that_waited_too_long_is_not_sent_any_more() -> None:
    air = Air(wire("n1"), wire("n2"))
    air.wires["n1"].seal("n2", MEMBERSHIP, PING, 0)
    air.now = WAITS + 1
    air.say("n1", "n2", DATA, Copied(1, 2))
    assert air.taken == [("n1", DATA, Copied(1, 2))]


@pytest.mark.parametrize("position", range(4))
def test_whichever_hello_is_lost_the_next_message_asks_again_and_arrives(position: int) -> None:
    air = Air(wire("n1"), wire("n2"))
    air.lost = lambda frame: frame.kind == "hello" and len(air.seen) - 1 == position
    air.say("n1", "n2", DATA, Copied(1, 1))
    assert len(air.seen) > position, "a hello was lost"
    air.now += ASK_AGAIN
    air.say("n1", "n2", DATA, Copied(1, 2))
    assert air.taken[-1] == ("n1", DATA, Copied(1, 2))


def test_two_that_ask_at_once_meet_once() -> None:
    air = Air(wire("n1"), wire("n2"))
    crossing = [(name, air.wires[name].seal(to, DATA, Copied(1, 1), 0)) for name, to in (("n1", "n2"), ("n2", "n1"))]
    for name, frames in crossing:
        air.carry(name, frames)
    assert sorted(air.taken) == [("n1", DATA, Copied(1, 1)), ("n2", DATA, Copied(1, 1))]
    assert not air.wires["n1"].refusals.counts


# -------------------------------------------------------------------------------------------------- what is not taken


@pytest.mark.requirement("REQ-SEC-3")
def test_nothing_of_a_message_can_be_read_in_its_frame() -> None:
    air = met()
    secret = Returned(
        3, 200, (("Set-Cookie", "maverics_session=abc"),), {"user": "ann", "data": {"cart": "nine books"}}
    )
    frame = sealed(air, secret, DATA)
    for word in (b"ann", b"nine books", b"cart", b"maverics_session", b"returned", b"my-cluster"):
        assert all(word not in seen.data for seen in (frame, *air.seen))


@pytest.mark.requirement("REQ-SEC-4")
@given(data=st.data())
def test_a_frame_with_any_bit_changed_is_refused(data: st.DataObject) -> None:
    air = met()
    frame = sealed(air)
    bit = data.draw(st.integers(0, len(frame.data) * 8 - 1))
    changed = bytearray(frame.data)
    changed[bit // 8] ^= 1 << bit % 8
    opened = air.wires["n2"].open(MEMBERSHIP, bytes(changed), 0)
    assert opened.refused
    assert not opened.messages
    assert air.wires["n2"].open(MEMBERSHIP, frame.data, 0).messages, "the real one still arrives"


@pytest.mark.requirement("REQ-SEC-8")
def test_a_frame_is_taken_once() -> None:
    air = met()
    frame = sealed(air)
    assert air.open("n2", frame).messages
    assert air.open("n2", frame).refused == "replayed"


def test_frames_that_overtake_each_other_are_all_taken_once() -> None:
    air = met()
    frames = [sealed(air, Ping(number, ())) for number in range(300)]
    for frame in frames[::-1]:
        assert air.open("n2", frame).messages
    assert {air.open("n2", frame).refused for frame in frames} == {"replayed"}


@pytest.mark.requirement("REQ-REPL-13")
def test_a_frame_of_one_channel_opens_on_no_other() -> None:
    """What is sealed for the data channel is nothing on the membership channel."""
    air = met()
    frame = sealed(air, Copied(1, 9), DATA)
    assert air.wires["n2"].open(MEMBERSHIP, frame.data, 0).refused == "forged"


@pytest.mark.requirement("REQ-SEC-2", "REQ-REPL-15", "REQ-OBS-8")
@pytest.mark.parametrize("other", [{"psks": (OTHER_KEY,)}, {"cluster": "another"}])
def test_another_key_or_another_clusters_name_exchanges_nothing_and_is_noted_on_both_sides(
    other: dict[str, Any],
) -> None:
    air = Air(wire("n1"), wire("n2", **other))
    for sender, to in (("n1", "n2"), ("n2", "n1")):
        air.say(sender, to, DATA, Copied(1, 1))
    assert air.taken == []
    for one in air.wires.values():
        ((kind, fields),) = one.take_notes(0)
        assert (kind, fields["cause"], fields["frames"]) == ("psk-mismatch", "key", 1)
        assert "pre-shared keys" in fields["why"]


def test_a_note_of_each_cause_is_made_at_most_once_a_minute_and_says_how_many() -> None:
    air = met()
    for _ in range(5):
        air.wires["n2"].open(MEMBERSHIP, b"", 0)
    ((kind, fields),) = air.wires["n2"].take_notes(0)
    assert (kind, fields["cause"], fields["frames"]) == ("frames-refused", "malformed", 5)
    air.wires["n2"].open(MEMBERSHIP, b"", 1)
    assert air.wires["n2"].take_notes(TELL_EVERY - 1) == []
    ((_, fields),) = air.wires["n2"].take_notes(TELL_EVERY)
    assert fields["frames"] == 1
    assert air.wires["n2"].refusals.counts == {"malformed": 6}


@pytest.mark.requirement("REQ-SEC-5")
def test_no_note_and_no_error_holds_a_key() -> None:
    air = Air(wire("n1"), wire("n2", psks=(OTHER_KEY,)))
    air.say("n1", "n2", DATA, Copied(1, 1))
    told = repr([one.take_notes(0) for one in air.wires.values()]) + repr(vars(air.wires["n1"]))
    for key in (KEY, OTHER_KEY):
        assert key.hex() not in told
        assert repr(key)[2:-1] not in told
    with pytest.raises(ValueError, match="31 octets, expected 32") as wrong:
        wire("n1", psks=(KEY[1:],))
    assert "kkkk" not in str(wrong.value)


@pytest.mark.parametrize(("channel", "limit"), LIMITS.items())
def test_a_frame_over_the_limit_is_neither_read_nor_sent(channel: str, limit: int) -> None:
    air = met()
    assert air.wires["n2"].open(channel, bytes(limit + 1), 0).refused == "oversized"
    assert air.wires["n1"].seal("n2", channel, Returned(1, 200, (), "x" * limit), 0) == []
    assert air.wires["n1"].refusals.counts == {"oversized": 1}


@pytest.mark.parametrize("value", [2**64, "\ud800", {1j}])
def test_a_value_that_the_wire_has_no_place_for_is_refused_by_the_sender(value: Any) -> None:
    air = met()
    assert air.wires["n1"].seal("n2", DATA, Returned(1, 200, (), value), 0) == []
    assert air.wires["n1"].refusals.counts == {"unwritable": 1}


def test_what_a_key_holder_seals_must_still_be_a_message() -> None:
    air = met()
    life = next(iter(air.wires["n1"]._lives.values()))
    frame = sealed(air, PING, DATA)
    clear = bytearray(frame.data[:29])
    clear[21:29] = (life.counts[DATA] + 1).to_bytes(8, "big")
    data = bytes(clear) + life.seals[DATA].seal(life.counts[DATA] + 1, b"\x93\x00nonsense", bytes(clear))
    assert air.wires["n2"].open(DATA, data, 0).refused == "unreadable"


# ----------------------------------------------------------------------------------------------------------- lives


def test_frames_of_an_earlier_life_are_refused_whoever_restarted() -> None:
    air = met()
    for_the_first = sealed(air)
    air.wires["n2"] = wire("n2", life=2)
    assert air.open("n2", for_the_first).refused == "earlier-life"
    air = met()
    of_the_first = sealed(air)
    air.wires["n1"] = wire("n1", life=2)
    air.say("n1", "n2", DATA, Copied(2, 1))
    assert air.open("n2", of_the_first).refused == "stranger"


def test_who_restarts_is_met_again_by_whoever_sends_first() -> None:
    for sender, to in (("n1", "n2"), ("n2", "n1")):
        air = met()
        air.wires["n2"] = wire("n2", life=2)
        air.say(sender, to, DATA, Copied(2, 1))  # lost where n1 does not know yet: its frame is for the first life
        air.say(sender, to, DATA, Copied(2, 2))
        assert air.taken[-1] == (sender, DATA, Copied(2, 2))


@pytest.mark.requirement("REQ-SEC-8")
def test_a_recorded_conversation_makes_no_key_with_a_later_life() -> None:
    """Nobody but a live holder of the key answers a question of this life."""
    air = met()
    recorded = list(air.seen)
    air.wires = {"n2": wire("n2", life=2)}
    for frame in recorded * 2:
        assert air.open("n2", frame).messages == []
    assert air.wires["n2"]._lives == {}


def test_an_answer_of_an_earlier_life_that_was_held_back_cannot_make_a_nonce_come_twice() -> None:
    first = Air(wire("n1"), wire("n2"))
    held: list[Frame] = []
    first.lost = lambda frame: len(first.seen) == 2 and not held.append(frame)  # type: ignore[func-returns-value]
    first.say("n1", "n2", DATA, Copied(1, 1))
    first.lost = lambda _frame: False
    first.wires["n2"] = wire("n2", life=2)
    first.now += ASK_AGAIN
    first.say("n1", "n2", DATA, Copied(1, 2))
    first.open("n1", held[0])  # n1 takes the first life for the present one again
    for number in range(3):
        first.now += ASK_AGAIN
        first.say("n1", "n2", DATA, Copied(1, 3 + number))
    assert first.taken[-1] == ("n1", DATA, Copied(1, 5))
    sent = [frame.data[:29] for frame in first.seen if frame.data[0] != 0]
    assert len(sent) == len(set(sent))


def test_a_node_takes_nothing_for_anothers_that_is_its_own() -> None:
    air = met()
    (question,) = air.wires["n1"].seal("n9", DATA, PING, 0)
    assert air.open("n1", question).refused == "own"


def test_frames_that_cannot_be_opened_are_answered_rarely() -> None:
    air = met()
    frame = sealed(air)
    air.wires["n2"] = wire("n2", life=2)
    answered = sum(len(air.open("n2", frame).replies) for _ in range(1_000))
    assert 1 < answered <= 100


# ----------------------------------------------------------------------------------------------- versions and old keys


def test_an_older_member_is_spoken_to_in_its_version_and_a_newer_one_in_its_own() -> None:
    air = Air(wire("n1"), wire("n2", speaks=(NAMES,)), wire("n3"))
    for to in ("n2", "n3"):
        air.say("n1", to, DATA, Copied(1, 1))
        air.say(to, "n1", DATA, Copied(2, 1))
    spoken = {frame.to: frame.data[0] for frame in air.seen if frame.data[0]}
    assert spoken["n2"] == NAMES
    assert spoken["n3"] == PLACES
    assert len(air.taken) == 4


def test_who_is_replaced_by_an_older_release_is_met_again_in_its_version() -> None:
    air = met()
    air.wires["n2"] = wire("n2", life=2, speaks=(NAMES,))
    air.say("n1", "n2", DATA, Copied(1, 2))  # in version 2, for the life before: refused, and answered with a question
    air.say("n1", "n2", DATA, Copied(1, 3))
    assert air.taken[-1] == ("n1", DATA, Copied(1, 3))
    assert air.seen[-1].data[0] == NAMES


def test_members_without_a_common_version_refuse_each_other_and_say_so() -> None:
    air = Air(wire("n1", speaks=(PLACES,)), wire("n2", speaks=(NAMES,)))
    air.say("n1", "n2", DATA, Copied(1, 1))
    assert air.taken == []
    assert air.wires["n2"].refusals.counts == {"no-common-version": 1}


def test_a_message_of_a_version_that_nobody_speaks_is_refused() -> None:
    air = met()
    frame = sealed(air)
    assert air.wires["n2"].open(MEMBERSHIP, bytes([9]) + frame.data[1:], 0).refused == "version"


@pytest.mark.parametrize("first", ["n1", "n2"])
@pytest.mark.parametrize("others", [(KEY,), (KEY, OTHER_KEY), (OTHER_KEY,)])
def test_a_key_is_changed_node_by_node_while_the_old_one_is_accepted(first: str, others: tuple[bytes, ...]) -> None:
    """`x-anynode.acceptedPsks`: n1 has the new key and accepts the old one, whatever n2 has by now."""
    air = Air(wire("n1", psks=(OTHER_KEY, KEY)), wire("n2", psks=others))
    second = "n2" if first == "n1" else "n1"
    for _ in range(2):
        air.now += ASK_AGAIN
        air.say(first, second, DATA, Copied(1, 1))
        air.say(second, first, DATA, Copied(2, 2))
    assert {sender for sender, _, _ in air.taken} == {"n1", "n2"}


def test_a_key_that_is_accepted_no_longer_opens_nothing() -> None:
    air = Air(wire("n1", psks=(OTHER_KEY,)), wire("n2"))
    air.say("n2", "n1", DATA, Copied(1, 1))
    assert air.taken == []


# -------------------------------------------------------------------------------------------------------------- streams


@given(st.lists(st.binary(max_size=50), max_size=6), st.data())
def test_a_stream_gives_back_its_frames_however_it_is_cut(frames: list[bytes], data: st.DataObject) -> None:
    octets = b"".join(map(prefixed, frames))
    splitter, found = Splitter(DATA), []
    while octets:
        size = data.draw(st.integers(1, len(octets)))
        found += splitter.feed(octets[:size])
        octets = octets[size:]
    assert found == frames


def test_a_stream_that_announces_too_much_is_refused_before_it_has_come() -> None:
    with pytest.raises(Oversized, match="announced, at most 65507 are read"):
        Splitter(MEMBERSHIP).feed((70_000).to_bytes(4, "big"))


# ---------------------------------------------------------------------------------------------------------------- fuzz


@settings(max_examples=200)
@given(st.binary(max_size=200), st.sampled_from([MEMBERSHIP, DATA]))
def test_random_octets_are_refused(octets: bytes, channel: str) -> None:
    opened = met().wires["n2"].open(channel, octets, 0)
    assert opened.refused in CAUSES
    assert not opened.messages
