"""Which Python callables stand for the service extensions of a file, found and imported before anything runs.

A real file names code that the product runs. Its counterpart here is named under `x-anynode.hooks`, or by a `funcName`
of the form package.module:function.
"""

import importlib
from collections.abc import Iterator

from reference.errors import Finding
from reference.hooks import IDLE_HOOK, MAX_HOOK, Hook
from reference.orchestrator import EXTENSIONS, ServiceExtension
from reference.reading import Reading

LIFETIME = ("session", "lifetime")


def configured(read: Reading) -> Iterator[tuple[str, ServiceExtension, str | None]]:
    """List the hooks of a file.

    Yields:
        The hook's key, the reference to the service extension, and the Python callable that is named for it: under
        `x-anynode.hooks`, or by a `funcName` of the form package.module:function.
    """
    lifetime, python = read.model.session.lifetime, read.model.extensions.hooks
    for key, extension, stand_in in (
        (MAX_HOOK, lifetime.eval_max_lifetime, python.eval_max_lifetime),
        (IDLE_HOOK, lifetime.eval_idle_timeout, python.eval_idle_timeout),
    ):
        if extension is not None:
            name = extension.get("funcName")
            direct = name if isinstance(name, str) and ":" in name else None
            yield key, extension, stand_in or direct


def find(read: Reading) -> tuple[dict[str, Hook], list[Finding]]:
    """Import every hook of a file that is to be run.

    Args:
        read: the file, which breaks no rule.

    Returns:
        By key, the callables; and a refusal for each that is not there.
    """
    found: dict[str, Hook] = {}
    refusals = []
    for key, extension, name in configured(read):
        path = (*LIFETIME, key)
        if name is None:
            because = "anynode runs no service extensions, and without the hook sessions would live by another rule"
            what = f"{read.shown(*path, 'funcName')}, which names no Python callable"
            refusals.append(read.finding("hook-without-python", path, what, _write(key), because=because))
            continue
        hook = _imported(name)
        if isinstance(hook, str):
            if extension.get("funcName") != name:
                path = (EXTENSIONS, "hooks", key)
            refusals.append(read.finding("hook-not-found", path, f"'{name}', and {hook}", _write(key)))
        else:
            found[key] = hook
    return found, refusals


def _write(key: str) -> str:
    return (
        f"write 'x-anynode: {{hooks: {{{key}: package.module:function}}}}', a function of a session and an instant "
        "that Python can import (PYTHONPATH=. finds one in the working folder)"
    )


def _imported(name: str) -> Hook | str:
    """Import a callable, or say why there is none."""
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ImportError as error:
        return f"no module of that name ({error})"
    except Exception as error:  # noqa: BLE001 - whatever a module of the user does when it is imported is said to him
        return f"that module cannot be imported ({error.__class__.__name__}: {error})"
    if found is None:
        return f"nothing is called '{function}' in that module"
    return found if callable(found) else f"'{function}' in that module cannot be called"
