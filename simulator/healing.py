"""Whether everything is as it was before the faults: what of any is left would be judged as if it were not there."""

from collections.abc import Sequence

from simulator.faults import Fault, Stage
from simulator.lives import Crash
from simulator.rules import Rule


def make_sure_that_nothing_is_left(stage: Stage, faults: Sequence[Fault], standing: Sequence[Rule]) -> None:
    """Stop the run if a fault, or something that one did, is still in force.

    Args:
        stage: what the faults acted on.
        faults: all of the run, each undone as far as it is to be.
        standing: the rules of the network that are no fault's.

    Raises:
        AssertionError: naming the first thing that is left; a fault's undo is wrong then, and no store.
    """
    left = [*_of_nodes(stage, faults), *_of_what_is_between(stage, standing), *_in_force(faults)]
    if left:
        raise AssertionError(f"after every fault was undone, {left[0]}")


def _of_nodes(stage: Stage, faults: Sequence[Fault]) -> list[str]:
    now, hosts = stage.loop.now, stage.hosts.values()
    gone = [node for fault in faults if isinstance(fault, Crash) and fault.lasts is None for node in fault.nodes]
    left = [f"node '{host.name}' stands still" for host in hosts if host.paused]
    left += [f"node '{host.name}' is slow" for host in hosts if host.slow_us]
    left += [f"the clock of node '{host.name}' is off" for host in hosts if host.clock.is_off(now)]
    left += [f"node '{host.name}' is down" for host in hosts if not host.up and host.name not in gone]
    return left


def _of_what_is_between(stage: Stage, standing: Sequence[Rule]) -> list[str]:
    left = [f"node '{name}' has another key" for name in stage.wiring.under_another_key]
    if stage.discovery.wrong is not None:
        left.append("discovery is wrong")
    if any(rule not in standing for rule in stage.network.rules):
        left.append("a rule of a fault governs the network")
    return left


def _in_force(faults: Sequence[Fault]) -> list[str]:
    return [
        f"{fault.kind} {' '.join(fault.nodes)} is in force"
        for fault in faults
        if fault.begun is not None and fault.ended is None and not (isinstance(fault, Crash) and fault.lasts is None)
    ]
