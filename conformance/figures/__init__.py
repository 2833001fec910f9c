"""Figures of a history: what the pictures and tables of a run are made from. They decide nothing.

Pure functions; they import nothing of the project but `conformance.history` and what is made of it for figures. The
shapes are those of the run document (reports/document.py).
"""

from typing import Any

from msgspec import Struct

from conformance.beliefs import Beliefs
from conformance.costs import costs, prices
from conformance.figures.clients import availability, errors, latency, load, requests
from conformance.figures.clocks import clocks
from conformance.figures.copies import behind, lag, lags, spread, watched_writes
from conformance.figures.fared import fared
from conformance.figures.routes import routes
from conformance.history import History


class Figure(Struct):
    """One measurement: its name, the unit of its numbers, who saw it, and the value."""

    name: str
    unit: str
    source: str
    value: Any


def figures_of(history: History) -> list[Figure]:
    """Make every figure that a history holds."""
    watched, held = watched_writes(history), Beliefs(history)
    paid = prices(history, held)
    return [
        Figure("behind", "copies", "observers", behind(history)),
        Figure("spread", "share of copies", "observers", spread(history, watched)),
        Figure("lag", "us", "observers", lag(history, watched)),
        Figure("lags", "us", "observers", lags(history, watched)),
        Figure("requests", "requests", "clients", requests(history)),
        Figure("costs", "sessions", "clients", costs(held, paid)),
        Figure("clocks", "us", "the world, and clients", clocks(history)),
        Figure("availability", "requests", "clients", availability(history)),
        Figure("latency", "us", "clients", latency(history)),
        Figure("load", "requests, and sessions", "clients", load(history, held)),
        Figure("errors", "requests", "clients", errors(history)),
        Figure("routes", "requests", "clients, and the nodes' readiness", routes(history)),
        Figure("fared", "requests", "clients", fared(history, paid)),
    ]
