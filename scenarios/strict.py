"""The base of every model of a scenario file: unknown keys are refused with the nearest right one.

No key of a scenario is defined here.
"""

from difflib import get_close_matches
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator


def kebab(name: str) -> str:
    """Spell a field as the file does: `health_lag` becomes `health-lag`."""
    return name.rstrip("_").replace("_", "-")


def nearest(word: str, words: list[str]) -> str:
    """Say which of the words was probably meant.

    Args:
        word: what was written.
        words: what may be written.

    Returns:
        Half a sentence that names the nearest word, or all of them when none is near.
    """
    near = get_close_matches(word, words, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"write one of {', '.join(words)}"


class Strict(BaseModel):
    """A mapping whose keys are all known; its values are taken as they are, never converted by guess."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=kebab)

    @model_validator(mode="before")
    @classmethod
    def only_known_keys(cls, data: Any) -> Any:
        """Refuse a key that is not of this mapping."""
        if isinstance(data, cls):
            return data
        known = [field.alias or name for name, field in cls.model_fields.items()]
        if not isinstance(data, dict):
            raise ValueError(f"is {data!r}, expected a mapping with keys of {', '.join(known)}")  # noqa: TRY004 - pydantic
        for key in data:
            if key not in known:
                raise ValueError(f"has the unknown key '{key}'; {nearest(str(key), known)}")
        return data

    @classmethod
    def default(cls) -> Self:
        """Build the mapping that an empty one stands for."""
        return cls.model_validate({})
