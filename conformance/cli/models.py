"""`anynode check --model`: recorded histories of registers and key-value stores, judged for linearizability.

The command itself is in `check.py`; here is what it does when a model is named.
"""

import time  # noqa: TID251 - how long a file took is told to the user, and decides nothing
from pathlib import Path
from typing import Any

from conformance import verdict
from conformance.cli import output


def check_model(files: list[Path], model: str, *, as_json: bool) -> int:
    """Judge recorded histories by a sequential model, each from its file alone.

    Args:
        files: logs of a Jepsen register ("register"), or lines of maps with keys ("kv").
        model: the name of the model.
        as_json: whether one JSON value is printed instead of lines.

    Returns:
        The exit code of the worst verdict.

    Raises:
        output.Failure: an unknown model, or a file that cannot be read; nothing is judged then.
    """
    from conformance.checks.linearizability import MODELS, linearizable
    from conformance.checks.linearizability.logs import UnreadableLog, read_log

    if model not in MODELS:
        raise output.failure("--model", model, f"one of {', '.join(MODELS)}", "write --model register or --model kv")
    histories = []
    with output.refusing(UnreadableLog, OSError):
        histories = [(path, read_log(path, model)) for path in files]
    judged: list[dict[str, Any]] = []
    for path, calls in histories:
        began = time.perf_counter()
        found = linearizable(calls, MODELS[model])
        judged.append(
            {
                "file": str(path),
                "verdict": found.verdict,
                "wall_s": round(time.perf_counter() - began, 4),
                "operations": found.calls,
                "steps": found.steps,
                "evidence": [{"id": call.id, "line": int(call.id), "call": call} for call in found.evidence],
            }
        )
    word = verdict.worst_of(entry["verdict"] for entry in judged)
    if as_json:
        output.print_json({"verdict": word, "model": model, "files": judged})
    else:
        for entry in judged:
            lines = ", ".join(str(evidence["line"]) for evidence in entry["evidence"])
            where = f"; the calls that begin on lines {lines} have no order" if lines else ""
            output.say(f"{entry['verdict']:<9} {entry['file']}: {entry['operations']:,} calls{where}")
        output.say(f"verdict: {word}")
    return output.exit_code(word)
