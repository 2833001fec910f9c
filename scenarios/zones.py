"""Measured round trips between the zones of a public cloud, read from `data/ibm-cloud-2024-03.yaml`."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

MEASURED = Path(__file__).parent / "data" / "ibm-cloud-2024-03.yaml"
ZONES_OF_A_REGION = 3


@cache
def zone_names() -> tuple[str, ...]:
    """List every zone that was measured, such as `frankfurt-1`."""
    regions = _measured()["between_regions_us"]["order"]
    return tuple(f"{region}-{number}" for region in regions for number in range(1, ZONES_OF_A_REGION + 1))


def round_trip_us(zone: str, other: str) -> int:
    """Look up how long a packet takes from one zone to another and back.

    Args:
        zone: where it starts.
        other: where it turns.

    Returns:
        The measured average in microseconds.

    Raises:
        KeyError: when no such zone was measured.
    """
    measured = _measured()
    region, _, number = zone.rpartition("-")
    other_region, _, other_number = other.rpartition("-")
    if region != other_region:
        table = measured["between_regions_us"]
        return int(table["rtt"][region][table["order"].index(other_region)])
    if number == other_number:
        return int(measured["within_zone_us"])
    pair = {("1", "2"): 0, ("1", "3"): 1, ("2", "3"): 2}[min(number, other_number), max(number, other_number)]
    return int(measured["between_zones_us"][region][pair])


def round_trips_us(zones: list[str]) -> dict[tuple[str, str], int]:
    """Look up every ordered pair of these zones; see `round_trip_us`."""
    return {(zone, other): round_trip_us(zone, other) for zone in zones for other in zones}


@cache
def _measured() -> dict[str, Any]:
    measured: dict[str, Any] = yaml.safe_load(MEASURED.read_text(encoding="utf-8"))
    return measured
