"""What a fault did is said in a few words."""

import pytest

from conformance.history import Fault
from conformance.runner import title_of


@pytest.mark.parametrize(
    ("fault", "offset_us", "said"),
    [
        (Fault("crash", ["n2"], 1, 2, 1), None, "crash n2"),
        (Fault("clock", ["n2"], 1, 2, 1), 31_536_000_000_000, "clock n2 +365 days"),
        (Fault("clock", ["n2"], 1, 2, 1), -450_000, "clock n2 -0.45 s"),
        (Fault("crash", ["n2"], 1, 2, 1), -450_000, "crash n2"),
        (Fault("cut", ["n1", "n2"], 1, 2, 1, [["n1"], ["n2"]]), None, "cut: n1 | n2"),
        (
            Fault("cut", [], 1, 2, 1, [["n1"], [f"n{number}" for number in range(2, 31)]]),
            None,
            "cut: n1 | n2 … n30 (29 nodes)",
        ),
        (Fault("loss", ["n1", "n2"], 1, 2, 1, None, [["n1", "n2"]]), None, "loss: n1→n2"),
    ],
)
def test_a_fault_is_named_with_what_it_touched(fault: Fault, offset_us: int | None, said: str) -> None:
    assert title_of(fault, offset_us) == said
