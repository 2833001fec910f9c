"""When all must agree, who was alone and who was up, asked of a few faults. Times in seconds, as a reader thinks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks.settling import NEVER
from conformance.checks.timeline import Timeline
from conformance.history import Clock, Contract, Fault, Header, History, Lifetime, Ready, Unready

CONVERGE, DETECT = 3, 10


def s(seconds: float) -> int:
    return round(seconds * 1_000_000)


def made(
    *faults: Fault,
    ready: tuple[tuple[str, float], ...] = (),
    unready: tuple[tuple[str, float], ...] = (),
    clocks: tuple[tuple[str, float, float], ...] = (),
    healed: float | None = None,
) -> Timeline:
    contract = Contract(converge_us=s(CONVERGE), detect_us=s(DETECT), clock_skew_us=s(0.5))
    header = Header(
        history=1,
        nodes=["n1", "n2", "n3"],
        features=[],
        contract=contract,
        routing=False,
        store="cluster",
        lifetime=Lifetime(),
    )
    return Timeline(
        History(
            header=header,
            faults=list(faults),
            readies=[Ready(node, s(t)) for node, t in ready],
            unreadies=[Unready(node, s(t)) for node, t in unready],
            clocks=[Clock(node, s(t), s(offset)) for node, t, offset in clocks],
            healed=None if healed is None else s(healed),
        )
    )


def fault(name: str, begin: float, end: float | None, *nodes: str, **more: list[list[str]]) -> Fault:
    return Fault(name, list(nodes), s(begin), None if end is None else s(end), 1, more.get("groups"), more.get("links"))


def cut(begin: float, end: float | None) -> Fault:
    return fault("cut", begin, end, "n1", "n2", "n3", groups=[["n1"], ["n2", "n3"]])


def test_without_faults_all_agree_after_converge() -> None:
    assert made().settled(s(50)) == s(53)


@pytest.mark.parametrize(
    ("name", "parting"),
    [
        ("cut", True),
        ("pause", True),
        ("one-way", True),
        ("something-new", True),  # what nobody knows may have parted the nodes
        ("loss", False),
        ("duplicate", False),
        ("reorder", False),
        ("slow", False),
    ],
)
def test_a_fault_moves_the_deadline_to_its_end_and_detect_counts_where_it_parted(name: str, parting: bool) -> None:  # noqa: FBT001
    timeline = made(fault(name, 20, 60, "n1"))
    assert timeline.settled(s(30)) == s(63 + DETECT * parting)
    assert timeline.settled(s(16)) == s(19), "over before it began"


def test_a_fault_that_begins_before_the_deadline_moves_it_on() -> None:
    assert made(cut(20, 60)).settled(s(17.5)) == s(60 + CONVERGE + DETECT)
    assert made(cut(20.5, 60)).settled(s(17.5)) == s(20.5), "one that begins at the deadline does not"


def test_faults_that_chain_move_the_deadline_to_the_end_of_the_last() -> None:
    chained = made(cut(20, 30), cut(42, 50), cut(62, 70))
    assert chained.settled(s(25)) == s(83)
    assert made(cut(20, 30), cut(43.000001, 50)).settled(s(25)) == s(43), "the second begins too late"


def test_membership_that_changed_less_than_detect_ago_counts() -> None:
    timeline = made(cut(20, 30))
    assert timeline.settled(s(39.999999)) == s(39.999999 + CONVERGE + DETECT)
    assert timeline.settled(s(40)) == s(43)


def test_a_fault_without_an_end_settles_when_everything_is_healed_or_never() -> None:
    assert made(cut(20, None), healed=100).settled(s(30)) == s(113)
    assert made(cut(20, None)).settled(s(30)) == NEVER


def test_a_node_that_returns_counts_from_its_ready() -> None:
    timeline = made(fault("crash", 20, 30, "n3"), ready=(("n3", 35),), unready=(("n3", 20),))
    assert timeline.settled(s(25)) == s(48)


def test_a_node_that_never_returns_only_has_to_be_found_dead() -> None:
    assert made(fault("crash", 20, None, "n3")).settled(s(19)) == s(20 + CONVERGE + DETECT)


def test_a_node_that_joins_counts_from_its_ready_without_detect() -> None:
    assert made(ready=(("n3", 20),)).settled(s(19)) == s(23)


def test_healing_counts_like_the_end_of_a_fault() -> None:
    assert made(healed=52).settled(s(50)) == s(55)


def test_a_clock_parts_nobody() -> None:
    assert made(fault("clock", 20, 60, "n1")).settled(s(30)) == s(33)


faults = st.builds(
    lambda name, begin, lasts: fault(name, begin, begin + lasts, "n1"),
    st.sampled_from(["cut", "pause", "loss", "crash"]),
    st.integers(0, 100),
    st.integers(0, 40),
)


@given(st.lists(faults, max_size=6), st.integers(0, 150))
def test_once_settled_nothing_is_in_progress_and_converge_has_passed(several: list[Fault], t: int) -> None:
    settled = made(*several).settled(s(t))
    assert settled >= s(t) + s(CONVERGE)
    for one in several:
        assert one.end is not None
        assert one.end + s(CONVERGE) <= settled or one.begin >= settled


@given(st.lists(faults, max_size=6), st.integers(0, 150))
def test_one_more_fault_never_brings_the_deadline_forward(several: list[Fault], t: int) -> None:
    assert made(*several).settled(s(t)) >= made(*several[1:]).settled(s(t))


def test_it_is_calm_once_converge_and_detect_have_passed() -> None:
    timeline = made(cut(20, 30))
    assert timeline.calm(s(16), s(19))
    assert not timeline.calm(s(16), s(20))
    assert not timeline.calm(s(43), s(44))
    assert timeline.calm(s(43.000001), s(44))


def test_the_others_are_together_while_one_crashes_leaves_or_joins_and_not_after_a_cut_or_two_crashes() -> None:
    one = made(fault("crash", 20, 25, "n1"), ready=(("n1", 26), ("n2", 0), ("n3", 40)))
    assert one.together(s(5), s(60))
    assert not one.calm(s(21), s(24))
    assert not one.calm(s(41), s(42))
    two = made(fault("crash", 20, 25, "n1"), fault("crash", 36, 37, "n2"))
    assert two.together(s(33), s(35))
    assert not two.together(s(33), s(36))
    assert not two.together(s(33), s(37))
    assert two.together(s(33.000001), s(37))
    parted = made(cut(20, 30))
    assert parted.together(s(16), s(19))
    assert not parted.together(s(16), s(20))
    assert not parted.together(s(43), s(44))
    assert parted.together(s(43.000001), s(44))


def test_a_node_is_alone_when_every_other_is_cut_off_or_down() -> None:
    timeline = made(
        fault("cut", 10, 40, "n1", "n2", groups=[["n1"], ["n2"]]),
        fault("crash", 15, 30, "n3"),
        ready=(("n3", 35),),
    )
    assert timeline.alone("n1", s(15), s(35))
    assert not timeline.alone("n1", s(14), s(35)), "n3 was still there"
    assert not timeline.alone("n1", s(15), s(36)), "n3 was back"
    assert not timeline.alone("n3", s(15), s(30)), "nothing cuts n3 off"


def test_a_node_in_no_group_of_a_cut_keeps_its_links() -> None:
    timeline = made(fault("cut", 10, 40, "n1", "n2", groups=[["n1"], ["n2"]]))
    assert not timeline.alone("n1", s(11), s(12))


def test_a_cut_without_groups_may_part_its_nodes_from_everybody() -> None:
    timeline = made(fault("cut", 10, 40, "n1"))
    assert timeline.alone("n1", s(10), s(40))
    assert not timeline.alone("n2", s(10), s(40))


def test_a_one_way_cut_parts_the_ends_of_its_links() -> None:
    timeline = made(fault("one-way", 10, 40, "n1", "n2", links=[["n1", "n2"], ["n3", "n1"]]))
    assert timeline.alone("n1", s(10), s(40))
    assert not timeline.alone("n2", s(10), s(40))


def test_a_paused_node_is_not_cut_off() -> None:
    assert not made(fault("pause", 10, 40, "n1")).alone("n1", s(11), s(12))


def test_cuts_that_follow_each_other_without_a_gap_are_one() -> None:
    assert made(fault("cut", 10, 20, "n1"), fault("cut", 20, 30, "n1")).alone("n1", s(12), s(28))
    assert not made(fault("cut", 10, 20, "n1"), fault("cut", 20.1, 30, "n1")).alone("n1", s(12), s(28))


def test_crashes_are_counted_with_both_ends_of_the_time() -> None:
    timeline = made(fault("crash", 10, 15, "n1"), fault("crash", 20, 25, "n2"), fault("kill", 30, None, "n3"))
    assert timeline.crashes_within(s(10), s(20)) == 2
    assert timeline.crashes_within(s(10.000001), s(30)) == 2
    assert timeline.crash_of("n2", after=s(20)) == s(20)
    assert timeline.crash_of("n1", after=s(11)) is None


def test_a_life_ends_with_a_crash_or_when_a_node_is_no_longer_ready() -> None:
    timeline = made(fault("crash", 10, 15, "n1"), unready=(("n2", 20),), ready=(("n1", 16), ("n2", 25)))
    assert timeline.life("n1", s(10)) == timeline.life("n1", s(1)) != timeline.life("n1", s(10.000001))
    assert timeline.life("n2", s(20)) != timeline.life("n2", s(26))
    assert timeline.life("n3", s(1)) == timeline.life("n3", s(99))
    assert timeline.born("n1", s(50)) == s(16)


def test_it_is_dark_only_when_all_nodes_are_down_at_once() -> None:
    one_by_one = made(*(fault("crash", 10 * i, 10 * i + 5, f"n{i}") for i in (1, 2, 3)))
    assert not one_by_one.dark_within(s(0), s(100))
    together = made(*(fault("crash", 10 + i, 20, f"n{i}") for i in (1, 2, 3)))
    assert together.dark_within(s(13), s(13))
    assert not together.dark_within(s(0), s(12.999999))
    relay = made(fault("crash", 10, 20, "n1"), fault("crash", 10, 30, "n2"), fault("crash", 20, 25, "n3"))
    assert not relay.dark_within(s(0), s(100)), "one returned at the instant at which the last went away"


def test_who_starts_while_lookups_find_nobody_is_no_witness_of_what_was() -> None:
    replaced = [fault("leave", 10 * i, 10 * i + 5, f"n{i}") for i in (1, 2, 3)]
    failing = made(fault("discovery", 5, 40), *replaced)
    assert failing.dark_within(s(30), s(30)), "the last who knew them goes, and nobody else can have met it"
    assert not failing.dark_within(s(0), s(29.999999))
    assert not failing.dark_within(s(30.000001), s(100))
    assert not made(fault("discovery", 5, 40), *replaced[:2]).dark_within(s(0), s(100)), "n3 stays"
    assert not made(fault("discovery", 15.000001, 40), *replaced).dark_within(s(0), s(100)), "n1 could ask"
    assert not made(fault("stale-discovery", 5, 40), *replaced).dark_within(s(0), s(100)), "an old list names them"


def test_strangers_have_met_by_the_time_in_which_all_must_agree() -> None:
    """Who was parted is found within `detect`, and has everything `converge` later."""
    met = 20 + DETECT + CONVERGE
    strangers = [fault("discovery", 5, 20), fault("leave", 8, 10, "n1"), fault("leave", 12, 15, "n2")]
    assert made(*strangers, fault("leave", met - 0.000001, met + 20, "n3")).dark_within(s(0), s(200))
    assert not made(*strangers, fault("leave", met, met + 20, "n3")).dark_within(s(0), s(200))


def test_a_clock_is_off_while_it_is_further_off_than_the_bound() -> None:
    timeline = made(clocks=(("n1", 10, 0.5), ("n1", 20, -0.500001), ("n1", 30, 0)))
    assert not timeline.clock_off("n1", s(0), s(19.9))
    assert timeline.clock_off("n1", s(19), s(20))
    assert timeline.clock_off("n1", s(29), s(29))
    assert not timeline.clock_off("n1", s(30), s(31))
    assert not timeline.clock_off("n2", s(0), s(99))


def test_what_loses_messages_disturbs_for_converge_alone() -> None:
    timeline = made(fault("loss", 20, 30))
    assert not timeline.calm(s(33), s(34))
    assert timeline.calm(s(33.000001), s(34))
    assert not timeline.calm(s(16), s(20))
    assert not timeline.together(s(33), s(34))
    assert timeline.together(s(33.000001), s(34))


def test_cuts_and_pauses_divide_and_nothing_else_does() -> None:
    for name in ("cut", "pause", "something-new"):
        timeline = made(fault(name, 20, 30, "n1"))
        assert timeline.divided(s(10), s(20))
        assert timeline.divided(s(30), s(40))
        assert not timeline.divided(s(10), s(19.999999))
        assert not timeline.divided(s(30.000001), s(40))
    for name in ("crash", "loss", "slow", "clock"):
        assert not made(fault(name, 20, 30, "n1")).divided(s(10), s(40)), name


def test_a_life_begins_with_its_return_and_at_that_very_instant() -> None:
    timeline = made(fault("crash", 10, 15, "n1"), ready=(("n1", 16),))
    assert timeline.born("n1", s(16)) == s(16)
    assert timeline.born("n1", s(15.999999)) < 0


def test_healing_before_a_fault_ends_it_not() -> None:
    assert made(cut(20, None), healed=19).settled(s(30)) == NEVER


def test_a_ready_at_the_instant_of_return_is_the_return() -> None:
    timeline = made(fault("crash", 10, 15, "n1"), ready=(("n1", 15), ("n1", 40)))
    assert timeline.settled(s(12)) == s(15 + CONVERGE + DETECT)


def test_a_node_that_is_no_longer_ready_is_away_until_its_next_ready() -> None:
    timeline = made(unready=(("n2", 20),), ready=(("n2", 0), ("n2", 25), ("n2", 60)))
    assert timeline.settled(s(19)) == s(25 + CONVERGE + DETECT)


def test_a_node_that_joins_later_was_not_there_to_be_reached_and_disturbs_with_its_ready_alone() -> None:
    timeline = made(fault("join", 20, 20, "n3"), fault("crash", 5, 8, "n2"), ready=(("n2", 9), ("n3", 22)))
    assert timeline.alone("n1", s(6), s(7)), "n2 is down and n3 not there yet"
    assert not timeline.alone("n1", s(22.5), s(23))
    assert timeline.born("n3", s(30)) == s(22)
    assert timeline.life("n3", s(25)) == timeline.life("n3", s(50))
    assert [node for _, node in timeline.crashes] == ["n2"]
    assert not timeline.divided(s(19), s(21))
    assert timeline.settled(s(30)) == s(33)
    assert timeline.settled(s(20)) == s(25), "converge after the ready; n2's return is long known"


def test_what_begins_just_after_a_time_disturbs_it_not() -> None:
    for t in (made(fault("loss", 50, 60, "n1")), made(cut(50, 60))):
        assert t.calm(s(20), s(50) - 1)
        assert not t.calm(s(20), s(50))


def test_a_change_at_either_end_of_a_time_is_within_it() -> None:
    t = made(fault("loss", 50, 60, "n1"))
    assert t.changed_within(s(40), s(50))
    assert t.changed_within(s(60), s(70))
    assert not t.changed_within(s(50) + 1, s(60) - 1)
    assert not t.changed_within(s(40), s(50) - 1)


def test_a_cut_that_tells_no_sides_cuts_off_the_nodes_that_it_names() -> None:
    t = made(fault("cut", 50, 60, "n1"))
    assert t.alone("n1", s(52), s(58))
    assert not t.alone("n2", s(52), s(58)), "it still reaches n3"
    assert made(fault("cut", 50, 60, "n2", "n3")).alone("n1", s(52), s(58)), "all others are cut off"


@pytest.mark.parametrize(
    ("faults", "counts"),
    [
        ((), False),
        ((fault("clock", 25, 30, "n1"), fault("slow", 25, 30)), False),
        ((fault("loss", 25, 30), fault("corrupt", 25, 30)), False),
        ((fault("crash", 25, None, "n3"),), False),
        ((fault("crash", 25, 30, "n3"),), True),
        ((fault("join", 40, 40, "n3"),), True),
        ((cut(10, 20 - DETECT + 0.5),), True),
        ((cut(1, 20 - DETECT - 0.5),), False),
    ],
)
def test_discovery_that_finds_nothing_parts_those_alone_who_have_yet_to_meet(
    faults: tuple[Fault, ...],
    counts: bool,  # noqa: FBT001
) -> None:
    """Nobody may be removed for it; but a node that starts meanwhile, or was cut off, finds nobody."""
    assert made(fault("discovery", 20, 60), *faults).divided(s(50), s(55)) == counts
    assert not made(fault("stale-discovery", 20, 60)).divided(s(50), s(55))
