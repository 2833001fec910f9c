"""Shows, before production does, whether a cluster session store keeps its promises.

What a program needs, by one name each, loaded when first used: `import anynode` itself loads nothing.

    run(scenario, ...)      a scenario and a subject to one run document
    check(history, ...)     findings from a recorded history
    load_scenario(name)     a scenario by its name or the path of its YAML file
    Subject                 what is put under test
    History                 operations as clients saw them, and what the world did to the nodes
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what a type checker sees; the same names as in _HOMES
    from conformance.checks import check
    from conformance.history import History
    from conformance.runner import run
    from conformance.subjects.subject import Subject
    from scenarios import load as load_scenario

    __version__: str

_HOMES = {
    "run": ("conformance.runner", "run"),
    "check": ("conformance.checks", "check"),
    "load_scenario": ("scenarios", "load"),
    "Subject": ("conformance.subjects.subject", "Subject"),
    "History": ("conformance.history", "History"),
}

__all__ = ["History", "Subject", "__version__", "check", "load_scenario", "run"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 (reads files: only when asked for)

        return version("anynode")
    if name not in _HOMES:
        raise AttributeError(f"module 'anynode' has no attribute {name!r}; it offers {', '.join(__all__)}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
