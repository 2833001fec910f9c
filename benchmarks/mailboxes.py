"""The mailboxes of detangle (PyPI), five hosts that hand every message on: `network.py` starts it, to stand beside it.

Run by a Python that has detangle. As there, a delay is drawn for each message and 0.1 % are lost; all else that costs
time is off: reordering, copies of messages, trace. It prints how many messages a second of processor time it received.
"""

import sys
from time import process_time  # noqa: TID251 - a benchmark measures time

import detangle

HOSTS = ("n1", "n2", "n3", "n4", "n5")
PORT = 7


async def ring(messages: int, pending: int) -> float:
    """Receive so many messages, with so many under way at any time, and give the rate."""
    boxes = [detangle.network().mailbox(PORT, host=host) for host in HOSTS]
    received = 0
    over = False

    async def hand_on(place: int) -> None:
        nonlocal received, over
        box, following = boxes[place], (HOSTS[(place + 1) % len(HOSTS)], PORT)
        while not over:
            message, _ = await box.recv()
            received += 1
            over = over or received >= messages
            box.send(following, message)

    for number in range(pending):
        boxes[number % len(HOSTS)].send((HOSTS[(number + 1) % len(HOSTS)], PORT), "message")
    begun = process_time()
    tasks = [detangle.spawn(hand_on(place)) for place in range(len(HOSTS))]
    for task in tasks:
        await task
    return received / (process_time() - begun)


def main() -> None:
    """Print the rate of one run."""
    messages, pending = (int(argument) for argument in sys.argv[1:])
    rates: list[float] = []

    async def measured() -> None:
        rates.append(await ring(messages, pending))

    net = {"latency": (0.0001, 0.001), "latency_steps": 100, "drop": 0.001, "copy_messages": False}
    detangle.run(measured, seed=1, max_steps=100 * messages, reorder=False, net=net, seed_random=False)
    print(rates[0])


if __name__ == "__main__":
    main()
