"""How long `import anynode` and `anynode --help` take, each in a new process (goal: 0.5 s)."""

import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter  # noqa: TID251 - a benchmark measures wall time

SAMPLES = 7
ROOT = Path(__file__).parent.parent
COMMANDS = {
    "python, nothing imported": [sys.executable, "-c", "pass"],
    "import anynode": [sys.executable, "-c", "import anynode"],
    "anynode --help": [sys.executable, "-m", "anynode", "--help"],
}


def _seconds(command: list[str]) -> float:
    begun = perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 # our own commands
    return perf_counter() - begun


def main() -> None:
    """Print the medians, the commands taking turns; the first round, which fills caches, is not counted."""
    rounds = [{name: _seconds(command) for name, command in COMMANDS.items()} for _ in range(SAMPLES + 1)][1:]
    for name in COMMANDS:
        seconds = sorted(samples[name] for samples in rounds)
        print(f"{name}: {median(seconds):.2f} s ({seconds[0]:.2f} to {seconds[-1]:.2f}; goal 0.50)")


if __name__ == "__main__":
    main()
