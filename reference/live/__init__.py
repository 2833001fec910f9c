"""The same node on real sockets: asyncio in the place of the simulated world. Needs the extra `live`.

The one part of `reference` that has clocks, chance and I/O; nothing of the core imports it.
"""
