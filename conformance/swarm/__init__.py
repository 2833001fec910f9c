"""Drawn runs: worlds that nobody thought of, each made of one seed; and what came of many of them.

`drawing.py` and `troubles.py` draw a scenario, `trying.py` runs one and judges it, `exploring.py` does so with many. It
never names a subject: what is drawn is the same whoever is judged.
"""
