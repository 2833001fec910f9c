"""Drawn runs: worlds that nobody thought of, each made of one seed; and what came of many of them.

`drawing.py` and `troubles.py` draw a scenario, `trying.py` runs one and judges it, `exploring.py` does so with many.
What is drawn hangs on the seed, and on one thing of the subject: somebody else's store gets fewer people.
"""
