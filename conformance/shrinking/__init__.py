"""Making a failing run small: fewer requests, faults and nodes, shorter, rounder; the same check for the same reason.

`reason.py` says what the same is, `scripting.py` writes down the requests of a run, `reducing.py` proposes what may be
left out, `trial.py` runs a proposal, `shrinking.py` goes on until nothing more can go.
"""

TRIES = 500
"""So many runs are made at most, unless something else is asked for."""
EVENTS = 4_000_000
"""After so many simulated events no further run begins: a minute of one core, where large runs hardly shrink."""
