"""Reading a YAML file that a person wrote into a strict model: every error names the file, the place and the mend.

No model is defined here.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from scenarios.strict import Strict

_Model = TypeVar("_Model", bound=Strict)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_strict(model: type[_Model], text: str, path: Path, refused: type[Exception]) -> _Model:
    """Read YAML into a model.

    Args:
        model: what the file must hold.
        text: YAML.
        path: where it was found, for errors.
        refused: the class of the error that is raised.

    Returns:
        The model's value.

    Raises:
        refused: the text is no YAML, has a key twice, or does not fit the model.
    """
    try:
        data = yaml.load(text, Loader=_Unambiguous)  # noqa: S506 - built on SafeLoader
    except yaml.MarkedYAMLError as trouble:
        line = f" line {trouble.problem_mark.line + 1}" if trouble.problem_mark else ""
        raise refused(f"{path}:{line} {trouble.problem}") from trouble
    except yaml.YAMLError as trouble:
        raise refused(f"{path}: is not YAML: {trouble}") from trouble
    return checked(model, data, path, refused)


def checked(model: type[_Model], data: object, path: Path, refused: type[Exception]) -> _Model:
    """Check what a YAML file holds, or would.

    Args:
        model: what it must hold.
        data: what YAML reads there.
        path: the file, for errors.
        refused: the class of the error that is raised.

    Returns:
        The model's value.

    Raises:
        refused: the data does not fit the model.
    """
    try:
        return model.model_validate(data)
    except ValidationError as trouble:
        raise refused(f"{path}: {_first(trouble)}") from None


def _first(trouble: ValidationError) -> str:
    """Tell the first of the errors; its place as in `faults[1].at`."""
    error = trouble.errors(include_url=False)[0]
    place = ""
    for step in error["loc"]:
        if isinstance(step, int):
            place += f"[{step}]"
        elif not step.startswith("<"):  # the tag of a fault or delay is no key of the file
            place += f".{step}" if place else step
    if error["type"] == "missing":
        return f"{place} is missing; write it"
    if error["type"] == "value_error":
        said = str(error["ctx"]["error"])
    elif error["type"] in _OF_LENGTH:
        said = _length(error["type"], error["ctx"])
    else:
        message = error["msg"].replace("Input should be", "expected").replace("String should", "it should")
        said = f"is {error['input']!r}; {message}"
    if place:
        return f"{place} {said}"
    return said if error["loc"] or not said.startswith(("has ", "is ")) else f"the file {said}"


_OF_LENGTH = ("too_short", "too_long")
"""What pydantic calls a list or mapping with too few or too many entries."""


def _length(kind: str, told: dict[str, Any]) -> str:
    found, most = told["actual_length"], told.get("max_length")
    write = f"at least {told['min_length']}" if kind == "too_short" else f"at most {most}"
    return f"has {found} {'entry' if found == 1 else 'entries'}; write {write}"


class _Unambiguous(_Loader):  # type: ignore[misc]  # which of the two loaders depends on the platform
    """Refuses a key that stands twice in one mapping: YAML would take the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's own signature
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands twice in one mapping; keep one", key_node.start_mark
                )
            seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping
