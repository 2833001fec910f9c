"""Round trips between hosts, as a matrix in a file that a user or a scenario names.

CSV, perhaps compressed by gzip, without a header: row i, column j is the round trip from host i to host j in
milliseconds; the diagonal means nothing. The first hosts of the file are the nodes, in order: n1 is row 1.
"""

import re
from array import array
from dataclasses import dataclass
from pathlib import Path

from scenarios.files import ScenarioRefused, lines_of

_NUMBER = re.compile(r"(\d{1,9})(?:\.(\d*))?")
_ABSENT = ("", "-", "nan", "na", "null")
"""What stands where nobody measured; so does a zero, since no packet arrives at the instant at which it left."""


@dataclass(frozen=True)
class Matrix:
    """Round trips between hosts.

    Attributes:
        hosts: how many there are.
        rtt_us: µs, row by row; what was measured in one direction only stands in both.
        filled: how many were taken from the other direction.
    """

    hosts: int
    rtt_us: "array[int]"
    filled: int = 0

    def round_trip_us(self, host: int, other: int) -> int:
        """Return the round trip from one host to another, both counted from 0, in µs."""
        return self.rtt_us[host * self.hosts + other]

    def write(self, path: Path, nodes: int) -> None:
        """Write the round trips between the first hosts as a matrix that `read_matrix` reads."""
        rows = (
            ",".join(_in_ms(self.round_trip_us(host, other)) for other in range(nodes)) + "\n" for host in range(nodes)
        )
        path.write_text("".join(rows), encoding="utf-8")

    def notes(self, name: str, nodes: int) -> list[str]:
        """Say in sentences what a reader of the run must know about the file of that name."""
        said = [f"delays of {name}: nodes are the first {nodes} of {self.hosts} hosts; one way is half of a round trip"]
        if self.filled:
            said.append(f"delays of {name}: {self.filled} round trips are missing and taken from the way back")
        return said


def read_matrix(path: Path, nodes: int) -> Matrix:
    """Read the round trips between the first hosts of a matrix.

    Where a number is missing or zero, the one of the other direction stands for it.

    Args:
        path: the CSV.
        nodes: how many hosts are needed.

    Returns:
        A matrix of as many hosts as the file has; only the needed ones are sure to be measured in full.

    Raises:
        ScenarioRefused: it cannot be read, is not square or too small, holds what is no number, or lacks both
            directions between two needed hosts.
    """
    rows = [line for line in lines_of(path) if line.strip()]
    hosts = len(rows)
    rtt_us = array("q")
    for number, row in enumerate(rows, start=1):
        cells = row.split(",")
        if len(cells) != hosts:
            raise ScenarioRefused(
                f"{path}: row {number} has {_counted(len(cells), 'column')} in a file of {_counted(hosts, 'row')}; "
                "write a square matrix of round trips in milliseconds, without a header"
            )
        rtt_us.extend(_parsed(path, number, cells))
    if hosts < nodes:
        raise ScenarioRefused(
            f"{path}: measures {_counted(hosts, 'host')}, and the cluster has {nodes} nodes; name a larger matrix, or "
            f"write cluster: {{nodes: {hosts}}}"
        )
    return Matrix(hosts, rtt_us, _filled(path, rtt_us, hosts, nodes))


def _parsed(path: Path, number: int, cells: list[str]) -> list[int]:
    """Turn a row into µs; what is missing becomes 0."""
    found = []
    for column, cell in enumerate(cells, start=1):
        text = cell.strip()
        if text.lower() in _ABSENT:
            found.append(0)
            continue
        digits = _NUMBER.fullmatch(text)
        if digits is None:
            raise ScenarioRefused(
                f"{path}: row {number}, column {column} is '{text[:40]}'; write a round trip in milliseconds: 12.5"
            )
        found.append(int(digits[1]) * 1_000 + int((digits[2] or "")[:3].ljust(3, "0")))
    return found


def _filled(path: Path, rtt_us: "array[int]", hosts: int, nodes: int) -> int:
    """Take what is missing between the needed hosts from the other direction, in place."""
    filled = 0
    for host in range(nodes):
        for other in range(host + 1, nodes):
            there, back = host * hosts + other, other * hosts + host
            if rtt_us[there] and rtt_us[back]:
                continue
            if not rtt_us[there] and not rtt_us[back]:
                raise ScenarioRefused(
                    f"{path}: the round trip between host {host + 1} and host {other + 1} is missing or zero in both "
                    f"directions; write it in row {host + 1}, column {other + 1}"
                )
            rtt_us[there] = rtt_us[back] = rtt_us[there] or rtt_us[back]
            filled += 1
    return filled


def _in_ms(us: int) -> str:
    return f"{us // 1_000}.{us % 1_000:03d}"


def _counted(count: int, thing: str) -> str:
    return f"1 {thing}" if count == 1 else f"{count} {thing}s"
