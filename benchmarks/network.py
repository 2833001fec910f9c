"""The network alone, to an empty handler: as a share of bare SimPy (goal: at least 0.5), and beside other mailboxes.

Five nodes, a lognormal delay a link, a cut that stands elsewhere, loss on, no trace; 1,000 messages on their way at any
time. Every sample stands between two of the baseline. `--detangle PYTHON` names a Python that has detangle (goal: 5
times the rate of its mailboxes, by processor time, in turns); without it that row is left out.
"""

import argparse
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time  # noqa: TID251 - a benchmark measures time

from _bare import EVENTS, PENDING, bare_rate

from simulator.chance import Chance
from simulator.clock import Loop
from simulator.delays import Lognormal
from simulator.network import Network, Receive
from simulator.rules import Cut, Lose

SAMPLES = 7
NAMES = ["n1", "n2", "n3", "n4", "n5"]
LOSS_PPM = 1_000
MAILBOX_MESSAGES = 50_000
MAILBOX_SAMPLES = 5


class _Ring:
    """Every node hands every message on to the next and does nothing else."""

    def __init__(self) -> None:
        self.loop = Loop()
        chance = Chance(1)
        delay = Lognormal(300, 0.3)
        self.network = Network(self.loop, NAMES, lambda _, __: delay, chance.part("network"))
        self.network.add(Cut([["n1"], ["n9"]]))
        self.network.add(Lose(LOSS_PPM, chance.part("loss")))
        for name in NAMES:
            self.network.attach(name, self._receiver(name))

    def _receiver(self, name: str) -> Receive:
        carry = self.network.carry
        following = NAMES[(NAMES.index(name) + 1) % len(NAMES)]

        def receive(_: str, channel: str, message: object) -> None:
            carry(name, following, channel, message)

        return receive

    def rate(self, messages: int, clock: Callable[[], float] = perf_counter) -> float:
        """Return messages delivered a second; what is lost is replaced, so that the number under way stays."""
        network, loop = self.network, self.loop
        begun = clock()
        while network.delivered < messages:
            missing = PENDING - (network.sent - network.delivered - sum(network.lost.values()))
            for number in range(missing):
                network.carry(NAMES[number % 5], NAMES[(number + 1) % 5], "data", "message")
            loop.run_to(loop.now + 10_000)
        return network.delivered / (clock() - begun)


def beside_mailboxes(python: str) -> None:
    """Print how our rate compares with that of detangle's mailboxes, run in turns by a Python that has them."""
    script = str(Path(__file__).with_name("mailboxes.py"))
    command = [python, script, str(MAILBOX_MESSAGES), str(PENDING)]
    ours, theirs = [], []
    for _ in range(MAILBOX_SAMPLES):
        ours.append(_Ring().rate(EVENTS, process_time))
        theirs.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))  # noqa: S603
    ratios = sorted(one / other for one, other in zip(ours, theirs, strict=True))
    print(f"network alone: {median(ratios):.1f} times the mailboxes of detangle (goal 5)")
    print(f"  samples {' '.join(f'{ratio:.1f}' for ratio in ratios)}")
    print(f"  {median(ours) / 1e6:.2f} M messages/s of processor time, mailboxes {median(theirs) / 1e6:.3f} M")


def main() -> None:
    """Print the median ratio and the samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detangle", metavar="PYTHON", help="a Python that has detangle")
    asked = parser.parse_args()
    _Ring().rate(EVENTS // 10)
    bare = [bare_rate()]
    rates = []
    for _ in range(SAMPLES):
        rates.append(_Ring().rate(EVENTS))
        bare.append(bare_rate())
    ratios = [2 * rate / (bare[number] + bare[number + 1]) for number, rate in enumerate(rates)]
    print(f"network alone: {median(ratios):.2f} of bare SimPy at {PENDING} pending (goal 0.50)")
    print(f"  samples {' '.join(f'{ratio:.2f}' for ratio in sorted(ratios))}")
    print(f"  {median(rates) / 1e6:.2f} M messages/s, bare {median(bare) / 1e6:.2f} M timeouts/s")
    if asked.detangle is None:
        print("mailboxes of detangle: left out; python -m venv D; D/bin/pip install detangle; --detangle D/bin/python")
    else:
        beside_mailboxes(asked.detangle)


if __name__ == "__main__":
    main()
