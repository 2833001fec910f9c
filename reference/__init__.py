"""The store: a cluster session store as a state machine without I/O.

In the core (everything but `config` and `diagnose`) there is no clock, no chance, no waiting and no input or output:
a node is given its clocks with every turn and answers with effects.
"""
