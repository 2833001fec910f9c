"""Stores that break a promise which no scenario shows, and keep all others: the example store with one change each."""

import importlib.util
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location("example", Path(__file__).parents[2] / "examples/stores/python.py")
_EXAMPLE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_EXAMPLE)


class LogsOutAll(_EXAMPLE.Store):
    """A logout ends every session of ann, whoever asks."""

    def request(self, m: dict) -> list:
        if m["path"] == "/logout":
            m = {**m, "path": "/revoke", "body": {"user": "ann"}}
        return super().request(m)


class KeepsText(_EXAMPLE.Store):
    """Of values only text is kept."""

    def request(self, m: dict) -> list:
        if m["method"] == "PUT" and not isinstance(m["body"]["value"], str):
            m = {**m, "body": {"value": None}}
        return super().request(m)
