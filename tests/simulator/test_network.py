"""Messages on their way: delays, rules at both ends, lives."""

from typing import Any

import pytest

from simulator.chance import Chance
from simulator.clock import Loop
from simulator.delays import Delay, Fixed, Lognormal
from simulator.network import Network
from simulator.rules import Again, Answer, Cut, Drop, Late, Lose, OneWay, OnMessage, Repeat, Rule, Slow
from simulator.trace import CARRIED, Recorder


class Wire:
    """A network of three nodes that note what arrives, as (instant, sender, to, message)."""

    def __init__(self, delay: Delay | None = None) -> None:
        self.loop = Loop()
        self.network = Network(self.loop, ["n1", "n2", "n3"], lambda _, __: delay or Fixed(100), Chance(1))
        self.arrived: list[tuple[int, str, str, Any]] = []
        for name in ("n1", "n2", "n3"):
            self.attach(name)

    def attach(self, name: str) -> None:
        self.network.attach(
            name, lambda sender, _, message: self.arrived.append((self.loop.now, sender, name, message))
        )

    def carry(self, sender: str, to: str, message: Any = "m") -> None:
        self.network.carry(sender, to, "data", message)

    def run(self, until: int | None = None) -> list[Any]:
        """Let time pass and return the messages that have arrived."""
        self.loop.run(until=until)
        return [message for _, _, _, message in self.arrived]


class Says:
    """A rule that answers as a test wants."""

    def __init__(self, answer: Answer, *, at_arrival: bool = False) -> None:
        self.answer, self.at_send, self.at_arrival, self.touched = answer, not at_arrival, at_arrival, 0

    def on_link(self, sender: str, to: str) -> OnMessage | None:
        del sender, to
        return self._on_message

    def _on_message(self, message: Any, now: int) -> Answer:
        del message, now
        self.touched += 1
        return self.answer


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_a_message_arrives_after_the_links_delay(wire: Wire) -> None:
    wire.carry("n1", "n2", "hello")
    wire.run()
    assert wire.arrived == [(100, "n1", "n2", "hello")]
    assert (wire.network.sent, wire.network.delivered, wire.network.lost) == (1, 1, {})


def test_a_node_may_send_to_itself(wire: Wire) -> None:
    wire.carry("n1", "n1", "note")
    assert wire.run() == ["note"]


def test_equal_delays_keep_the_order(wire: Wire) -> None:
    for number in range(5):
        wire.carry("n1", "n2", number)
    assert wire.run() == [0, 1, 2, 3, 4]


def test_drawn_delays_may_change_the_order() -> None:
    wire = Wire(Lognormal(100, 1.0))
    for number in range(50):
        wire.carry("n1", "n2", number)
    arrived = wire.run()
    assert sorted(arrived) == list(range(50))
    assert arrived != sorted(arrived)


def test_what_one_link_carries_does_not_change_the_delays_of_another() -> None:
    quiet, busy = Wire(Lognormal(100, 1.0)), Wire(Lognormal(100, 1.0))
    for _ in range(10):
        busy.carry("n3", "n1")
        quiet.carry("n1", "n2")
        busy.carry("n1", "n2")
    quiet.run()
    busy.run()
    assert [entry for entry in busy.arrived if entry[1] == "n1"] == quiet.arrived


def test_a_message_to_nobody_is_lost_as_unknown(wire: Wire) -> None:
    wire.carry("n1", "n9")
    assert wire.run() == []
    assert wire.network.lost == {"unknown": 1}


# --------------------------------------------------------------------------------------------------------------- cuts


def test_a_cut_stops_what_is_sent_while_it_lasts(wire: Wire) -> None:
    cut = Cut([["n1"], ["n2", "n3"]])
    wire.network.add(cut)
    wire.carry("n1", "n2")
    wire.loop.run(until=50)
    wire.network.remove(cut)
    assert wire.run() == []
    assert (wire.network.lost, cut.touched) == ({"cut": 1}, 1)


def test_a_cut_stops_what_would_arrive_while_it_lasts(wire: Wire) -> None:
    cut = Cut([["n1"], ["n2", "n3"]])
    wire.carry("n1", "n2")
    wire.loop.run(until=50)
    wire.network.add(cut)
    assert wire.run() == []
    assert (wire.network.lost, cut.touched) == ({"cut": 1}, 1)


def test_what_is_under_way_for_longer_than_a_cut_lasts_passes(wire: Wire) -> None:
    cut = Cut([["n1"], ["n2", "n3"]])
    wire.carry("n1", "n2")
    wire.loop.run(until=20)
    wire.network.add(cut)
    wire.loop.run(until=80)
    wire.network.remove(cut)
    assert wire.run() == ["m"]
    assert cut.touched == 0


def test_a_cut_leaves_other_links_and_later_messages_alone(wire: Wire) -> None:
    cut = Cut([["n1"], ["n2"]])
    wire.network.add(cut)
    wire.carry("n2", "n3", "other link")
    wire.loop.run(until=500)
    wire.network.remove(cut)
    wire.carry("n1", "n2", "later")
    assert wire.run() == ["other link", "later"]


def test_a_one_way_cut_leaves_the_answers(wire: Wire) -> None:
    wire.network.add(OneWay([("n1", "n2")]))
    wire.carry("n1", "n2", "question")
    wire.carry("n2", "n1", "answer")
    assert wire.run() == ["answer"]


# -------------------------------------------------------------------------------------------------------------- rules


def test_rules_are_asked_in_order_and_the_first_that_loses_wins(wire: Wire) -> None:
    first, second = Says(Drop("first")), Says(Drop("second"))
    for rule in (Says(None), first, second):
        wire.network.add(rule)
    wire.carry("n1", "n2")
    wire.run()
    assert wire.network.lost == {"first": 1}
    assert (first.touched, second.touched) == (1, 0)


def test_what_rules_hold_back_adds_up(wire: Wire) -> None:
    for rule in (Says(Late(30)), Slow(20)):
        wire.network.add(rule)
    wire.carry("n1", "n2")
    wire.run()
    assert wire.arrived == [(150, "n1", "n2", "m")]


def test_a_message_held_back_at_its_arrival_is_asked_about_again(wire: Wire) -> None:
    """What a blocked link needs that lets go later."""
    rule = Says(Late(30), at_arrival=True)
    wire.network.add(rule)
    wire.carry("n1", "n2")
    wire.loop.run(until=101)
    rule.answer = None
    wire.run()
    assert wire.arrived == [(130, "n1", "n2", "m")]
    assert rule.touched == 2


def test_a_repeated_message_arrives_twice_and_is_counted(wire: Wire) -> None:
    wire.network.add(Says(Again(7)))
    wire.carry("n1", "n2")
    wire.run()
    assert [instant for instant, *_ in wire.arrived] == [100, 107]
    assert (wire.network.sent, wire.network.repeated, wire.network.delivered) == (1, 1, 2)


@pytest.mark.parametrize("rule", [Lose(100_000, Chance(2)), Repeat(100_000, Chance(2))])
def test_nothing_is_lost_from_the_counts(wire: Wire, rule: Rule) -> None:
    wire.network.add(rule)
    for _ in range(2_000):
        wire.carry("n1", "n2")
    wire.run()
    network = wire.network
    assert network.sent + network.repeated == network.delivered + sum(network.lost.values())
    assert rule.touched == network.repeated + network.lost.get("loss", 0) > 100


def test_a_rule_that_is_removed_is_asked_no_longer(wire: Wire) -> None:
    one, other = Lose(1_000_000, Chance(2)), Lose(1_000_000, Chance(2))
    wire.network.add(one)
    wire.network.add(other)
    wire.network.remove(other)
    wire.carry("n1", "n2")
    wire.network.remove(one)
    wire.carry("n1", "n2")
    assert wire.run() == ["m"]
    assert (one.touched, other.touched) == (1, 0)


# -------------------------------------------------------------------------------------------------------------- lives


def test_what_a_dead_node_sent_is_lost_by_default(wire: Wire) -> None:
    wire.carry("n1", "n2")
    wire.network.detach("n1")
    assert wire.run() == []
    assert wire.network.lost == {"dead": 1}


def test_what_a_dead_node_sent_arrives_when_that_is_asked_for(wire: Wire) -> None:
    wire.carry("n1", "n2")
    wire.network.detach("n1", drop_sent=False)
    assert wire.run() == ["m"]


def test_nothing_reaches_a_node_that_is_down(wire: Wire) -> None:
    wire.carry("n1", "n2", "before")
    wire.network.detach("n2")
    wire.carry("n1", "n2", "after")
    assert wire.run() == []
    assert wire.network.lost == {"dead": 2}


def test_what_was_sent_to_an_earlier_life_never_reaches_a_later_one(wire: Wire) -> None:
    wire.carry("n1", "n2", "to the first life")
    wire.network.detach("n2")
    wire.carry("n1", "n2", "to nobody")
    wire.attach("n2")
    wire.carry("n1", "n2", "to the second life")
    assert wire.run() == ["to the second life"]


def test_links_that_are_first_used_later_know_who_is_there(wire: Wire) -> None:
    wire.network.detach("n3")
    wire.carry("n1", "n3", "nobody")
    wire.attach("n3")
    wire.carry("n2", "n3", "somebody")
    assert wire.run() == ["somebody"]


# ---------------------------------------------------------------------------------------------------------- the record


def test_arrivals_and_losses_are_taken_down_with_their_cause() -> None:
    loop, recorder = Loop(), Recorder()
    network = Network(loop, ["n1", "n2"], lambda _, __: Fixed(100), Chance(1), recorder)
    network.attach("n2", lambda *_: None)
    network.carry("n1", "n2", "data", "arrives")
    network.carry("n1", "n9", "data", "to nobody")
    loop.run(until=150)
    network.carry("n1", "n2", "data", "dies")
    network.detach("n2")
    loop.run()
    network.add(Says(Drop("loss")))
    network.carry("n1", "n2", "data", "lost")
    assert recorder.batch == [
        (CARRIED, 0, 0, "n1", "n9", "data", "unknown", "to nobody"),
        (CARRIED, 100, 0, "n1", "n2", "data", "", "arrives"),
        (CARRIED, 250, 150, "n1", "n2", "data", "dead", "dies"),
        (CARRIED, 250, 250, "n1", "n2", "data", "loss", "lost"),
    ]
    assert recorder.messages == 4
