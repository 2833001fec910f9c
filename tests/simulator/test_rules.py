"""What each rule says of a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import MILLION, Chance
from simulator.rules import Again, Answer, Cut, Drop, Late, Lose, OneWay, Reorder, Repeat, Rule, Slow


def _says(rule: Rule, sender: str, to: str, times: int = 1) -> list[Answer]:
    on_message = rule.on_link(sender, to)
    return [None] * times if on_message is None else [on_message("message", now) for now in range(times)]


def _stops(rule: Rule, sender: str, to: str) -> bool:
    return _says(rule, sender, to) == [Drop("cut")]


def test_a_cut_stops_what_goes_from_group_to_group_and_nothing_else() -> None:
    cut = Cut([["n1"], ["n2", "n3"]])
    assert _stops(cut, "n1", "n2")
    assert _stops(cut, "n3", "n1")
    assert not _stops(cut, "n2", "n3")
    assert cut.touched == 2


def test_a_node_in_no_group_bridges_the_groups() -> None:
    cut = Cut([["n1"], ["n2"]])
    assert not _stops(cut, "n1", "n9")
    assert not _stops(cut, "n9", "n2")


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_a_cut_is_the_same_in_both_directions(groups: list[int]) -> None:
    names = ["n1", "n2", "n3", "n4"]
    cut = Cut([[name for name, group in zip(names, groups, strict=True) if group == wanted] for wanted in range(3)])
    assert all(_stops(cut, here, there) == _stops(cut, there, here) for here in names for there in names)


def test_a_node_in_two_groups_is_refused() -> None:
    with pytest.raises(ValueError, match="'n1' stands twice"):
        Cut([["n1"], ["n2", "n1"]])


def test_a_one_way_cut_leaves_the_other_direction() -> None:
    cut = OneWay([("n1", "n2")])
    assert _stops(cut, "n1", "n2")
    assert not _stops(cut, "n2", "n1")
    assert cut.touched == 1


@pytest.mark.parametrize("kind", [Lose, Repeat, Reorder])
def test_a_rule_by_chance_strikes_its_share_and_counts_it(kind: type[Lose | Repeat | Reorder]) -> None:
    rule = kind(50_000, Chance(1))
    struck = [answer for answer in _says(rule, "n1", "n2", 40_000) if answer is not None]
    assert len(struck) == rule.touched == pytest.approx(2_000, rel=0.1)


@pytest.mark.parametrize("kind", [Lose, Repeat, Reorder])
def test_a_rule_by_chance_leaves_alone_the_links_that_are_not_named(kind: type[Lose | Repeat | Reorder]) -> None:
    rule = kind(MILLION, Chance(1), [("n1", "n2")])
    assert _says(rule, "n2", "n1") == [None]
    assert _says(rule, "n1", "n2") != [None]


def test_what_one_link_carries_does_not_change_what_another_loses() -> None:
    """Taking one message away must not reshuffle the rest of the world."""
    quiet, busy = Lose(300_000, Chance(1)), Lose(300_000, Chance(1))
    _says(busy, "n1", "n3", 100)
    assert _says(quiet, "n1", "n2", 100) == _says(busy, "n1", "n2", 100)


def test_a_link_goes_on_drawing_where_it_was_when_rules_change() -> None:
    """The network asks for every link again then: the draws must not begin anew."""
    whole, in_parts = Lose(300_000, Chance(1)), Lose(300_000, Chance(1))
    assert _says(whole, "n1", "n2", 100) == _says(in_parts, "n1", "n2", 60) + _says(in_parts, "n1", "n2", 40)


def test_two_rules_with_parts_of_their_own_strike_apart() -> None:
    first, second = Lose(300_000, Chance(1).part("0")), Lose(300_000, Chance(1).part("1"))
    assert _says(first, "n1", "n2", 100) != _says(second, "n1", "n2", 100)


def test_lateness_is_drawn_up_to_its_bound() -> None:
    late = _says(Reorder(MILLION, Chance(1), within_us=3), "n1", "n2", 100)
    again = _says(Repeat(MILLION, Chance(1), within_us=3), "n1", "n2", 100)
    assert {answer.by_us for answer in late if isinstance(answer, Late)} == {1, 2, 3}
    assert {answer.after_us for answer in again if isinstance(answer, Again)} == {1, 2, 3}


def test_slowness_makes_everything_late() -> None:
    slow = Slow(50, [("n1", "n2")])
    assert _says(slow, "n1", "n2", 2) == [Late(50), Late(50)]
    assert _says(slow, "n2", "n1") == [None]
    assert slow.touched == 2
