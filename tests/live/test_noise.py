"""What the machine does to servers is measured by the system's own account, and widens bounds by no more than that."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.live_noise import Noise, Waits, waited_by_thread

S = 1_000_000


def looked(*waited: dict[int, int], every: int = S // 2) -> Waits:
    """Look now and then at servers of one thread each, which have waited so long by then, µs."""
    accounts = iter(waited)
    now: dict[int, int] = {}
    waits = Waits(lambda process: {1: now[process] * 1_000})
    for number, account in enumerate(accounts):
        now = account
        waits.look(number * every, account)
    return waits


def evenly(percent: int, looks: int = 240) -> Waits:
    return looked(*({7: number * S // 200 * percent} for number in range(looks)))


def test_a_server_that_never_waited_for_a_processor_widens_nothing() -> None:
    assert evenly(0).within(2 * S) == 0
    assert Waits().within(2 * S) == 0


def test_one_that_waits_half_of_the_time_doubles_a_bound() -> None:
    """Of 4 s it could use 2 s, which is what it has promised to need at most."""
    assert evenly(50).within(2 * S) == pytest.approx(2 * S, abs=S // 2)


def test_one_that_got_no_processor_at_all_is_excused_for_as_long_as_that_lasted() -> None:
    assert evenly(100, 21).within(2 * S) == 10 * S


def test_what_was_short_counts_as_short_however_long_the_run() -> None:
    calm, hit = {7: 0}, {7: 400_000}
    assert looked(*[calm] * 100, *[hit] * 100).within(2 * S) == 400_000


def test_the_server_that_waited_longest_counts_and_not_the_sum_of_all() -> None:
    assert looked({7: 0, 8: 0, 9: 0}, {7: 100, 8: 300, 9: 200}).within(2 * S) == 300


def test_what_a_server_waited_before_it_served_counts_for_nothing() -> None:
    """Neither of one that is new, nor of another life under another process id."""
    assert looked({7: 0}, {7: 0, 8: 450_000}, {9: 450_000}).within(2 * S) == 0


def test_no_server_waits_for_longer_than_the_time_that_went_by() -> None:
    assert looked({7: 0}, {7: 90 * S}).within(2 * S) == S // 2


@settings(suppress_health_check=[HealthCheck.too_slow])  # which says of the machine that it is busy
@given(st.lists(st.integers(0, S // 2), max_size=30), st.integers(0, 5 * S), st.integers(0, 5 * S))
def test_a_longer_bound_is_widened_by_no_less_and_none_by_more_than_there_was(
    waited: list[int], bound: int, more: int
) -> None:
    sums = [sum(waited[: number + 1]) for number in range(len(waited))]
    waits = looked(*({7: account} for account in sums))
    assert waits.within(bound) <= waits.within(bound + more) <= sum(waited[1:])


def test_the_system_tells_of_each_thread_and_nothing_of_a_process_that_is_gone() -> None:
    if not Path("/proc/self/schedstat").is_file():
        pytest.skip("needs /proc/PID/schedstat, which this system does not have")
    assert os.getpid() in waited_by_thread(os.getpid())
    assert waited_by_thread(2**22 + 1) == {}, "no process has this id"


def test_a_thread_that_ends_while_it_is_looked_at_hides_none_of_the_others(tmp_path: Path) -> None:
    """What was not seen at one look would count as new at the next."""
    threads = tmp_path / "7" / "task"
    for thread in range(11, 16):
        (threads / str(thread)).mkdir(parents=True)
        if thread != 13:
            (threads / str(thread) / "schedstat").write_text(f"1 {thread * 100} 2", encoding="ascii")
    assert waited_by_thread(7, tmp_path) == {11: 1100, 12: 1200, 14: 1400, 15: 1500}


def test_noise_is_all_of_it_together() -> None:
    assert Noise(late_us=1, round_trip_us=20, round_trips=5, waited_us=300, busy_percent=9).us == 321
