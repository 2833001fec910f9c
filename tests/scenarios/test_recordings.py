"""What others recorded, used in place: the figures that anynode carries agree with it, and its formats load."""

from collections import Counter
from pathlib import Path

import pytest

from scenarios.matrix import read_matrix
from scenarios.traffic import figures, read_recording

DATA = Path(__file__).parents[3] / "shared" / "data"
TRAFFIC = DATA / "traffic" / "nasa-1995-08-01.csv"
DELAYS = DATA / "latency" / "planetlab-490-rtt-ms.csv.gz"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared, the recordings that are used in place")


def test_the_figures_are_those_of_the_recorded_day() -> None:
    day, recording = figures(), read_recording(TRAFFIC)
    assert (len(recording.pages), recording.unread) == (day.pages, 0)
    first = 4  # the recording counts from midnight, a day that is read from its first page
    by_hour = Counter((second + first) // 3_600 for second, _ in recording.pages)
    assert tuple(by_hour[hour] for hour in range(len(by_hour))) == day.pages_by_hour
    assert recording.pages[-1][0] + first == day.span_s
    per_visitor = sorted(Counter(visitor for _, visitor in recording.pages).values())
    assert (per_visitor[0], per_visitor[-1]) == (day.pages_per_visitor[0], day.pages_per_visitor[-1])


def test_the_measured_matrix_of_490_hosts_loads_and_lacks_nothing() -> None:
    matrix = read_matrix(DELAYS, 490)
    assert (matrix.hosts, matrix.filled) == (490, 0)
    assert (matrix.round_trip_us(0, 1), matrix.round_trip_us(0, 2)) == (175, 2_553)
