"""The simulated world: time, chance, the network, nodes and what befalls them, people and the run as a whole.

Everything that SimPy touches lives here; the judge of what happened does not, nor does the store that it happens to.
"""
