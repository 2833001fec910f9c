"""The network alone, to an empty handler, as a share of bare SimPy (goal: at least 0.5).

Five nodes, a lognormal delay a link, a cut that stands elsewhere, loss on, no trace; 1,000 messages on their way at any
time. Every sample stands between two of the baseline.
"""

from statistics import median
from time import perf_counter  # noqa: TID251 - a benchmark measures wall time

from _bare import EVENTS, PENDING, bare_rate

from simulator.chance import Chance
from simulator.clock import Loop
from simulator.delays import Lognormal
from simulator.network import Network, Receive
from simulator.rules import Cut, Lose

SAMPLES = 7
NAMES = ["n1", "n2", "n3", "n4", "n5"]
LOSS_PPM = 1_000


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

    def rate(self, messages: int) -> float:
        """Return messages delivered a second; what is lost is replaced, so that the number under way stays."""
        network, loop = self.network, self.loop
        begun = perf_counter()
        while network.delivered < messages:
            missing = PENDING - (network.sent - network.delivered - sum(network.lost.values()))
            for number in range(missing):
                network.carry(NAMES[number % 5], NAMES[(number + 1) % 5], "data", "message")
            loop.run(until=loop.now + 10_000)
        return network.delivered / (perf_counter() - begun)


def main() -> None:
    """Print the median ratio and the samples."""
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


if __name__ == "__main__":
    main()
