"""Linearizability (Herlihy and Wing, 1990): did every operation seem to happen at one instant between its ends?

Two methods that must agree: zones, for registers whose written values are unique, in O(n log n); and a search, for
every model, exponential at worst and therefore on a budget. Imports nothing of the project but `conformance.verdict`.
"""

from conformance.checks.linearizability.judging import Judgement, linearizable
from conformance.checks.linearizability.models import MODELS, Model
from conformance.checks.linearizability.operations import NEVER, Call

__all__ = ["MODELS", "NEVER", "Call", "Judgement", "Model", "linearizable"]
