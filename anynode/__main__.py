"""The command `anynode`, also `python -m anynode`: runs the command line and answers for whatever escapes from it.

Nothing of the project is imported before `main` has begun to catch, so that a broken install, too, ends with exit code
5 (our own defect) and never with 1, which says that a store broke its promise.
"""

import signal
import sys
from types import FrameType
from typing import NoReturn

_OUR_DEFECT = 5
_INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line with the process's arguments and exit with its code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        from conformance.cli.app import execute  # noqa: PLC0415 (a failing import is caught here, see above)

        code = execute(sys.argv[1:])
    except KeyboardInterrupt:
        code = _ended("interrupted", _INTERRUPTED)
    except Exception as error:  # noqa: BLE001 (the last resort: everything unforeseen is our own defect)
        import traceback  # noqa: PLC0415 (needed once, in the worst case)

        traceback.print_exception(error)
        code = _ended(
            f"this is a defect of anynode itself and says nothing about the store: {type(error).__name__}: {error}\n"
            "report it where anynode came from, with the lines above (CONTRIBUTING.md, 'Reporting a defect')",
            _OUR_DEFECT,
        )
    sys.exit(code)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End as Ctrl-C does, so that whatever was started is ended too."""
    raise KeyboardInterrupt


def _ended(message: str, code: int) -> int:
    """Say why it ended and how to repeat it, in the form of `conformance.cli.output` but with nothing but Python."""
    import json  # noqa: PLC0415 (needed once, in the worst case)
    import shlex  # noqa: PLC0415

    command = shlex.join(["anynode", *sys.argv[1:]])
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps({"error": {"message": message, "command": command}, "exit": code}) + "\n")
    else:
        sys.stderr.write(f"error: {message}\nagain: {command}\n")
    return code


if __name__ == "__main__":
    main()
