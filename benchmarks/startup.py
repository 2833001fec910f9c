"""How long a person waits before anything happens: `import anynode` and `anynode --help`, beside bare Python.

Goal: 0.5 s for each. Medians of seven, taken in turn, so that a busy moment strikes all alike.
"""

import statistics
import subprocess
import sys
import time  # noqa: TID251 (a benchmark measures wall time)

ROUNDS = 7
COMMANDS = {
    "bare Python": ["-c", "pass"],
    "import anynode": ["-c", "import anynode"],
    "anynode --help": ["-m", "anynode", "--help"],
}


def main() -> None:
    """Print one line a command: seconds, and how many times bare Python."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            begun = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (ours)
            seconds[name].append(time.perf_counter() - begun)
    bare = statistics.median(seconds["bare Python"])
    for name, taken in seconds.items():
        median = statistics.median(taken)
        print(f"startup: {name:15} {median:.3f} s, {median / bare:.1f} times bare Python (goal 0.5 s)")


if __name__ == "__main__":
    main()
