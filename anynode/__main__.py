"""The command `anynode`, also `python -m anynode`: runs the command line and answers for whatever escapes from it.

Nothing of the project is imported before `main` has begun to catch, so that a broken install, too, ends with exit code
5 (our own defect) and never with 1, which says that a store broke its promise.
"""

import sys
from typing import NoReturn

_OUR_DEFECT = 5
_INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line with the process's arguments and exit with its code."""
    arguments = sys.argv[1:]
    try:
        from conformance.cli.app import execute  # noqa: PLC0415 (a failing import is caught here, see above)

        code = execute(arguments)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the last resort: everything unforeseen is our own defect)
        code = _own_defect(error, arguments)
    sys.exit(code)


def _own_defect(error: Exception, arguments: list[str]) -> int:
    """Print the traceback, the command that repeats it and where to report it; needs nothing but Python."""
    import json  # noqa: PLC0415 (needed once, in the worst case)
    import shlex  # noqa: PLC0415
    import traceback  # noqa: PLC0415

    command = shlex.join(["anynode", *arguments])
    traceback.print_exception(error)
    sys.stderr.write(
        "\nerror: this is a defect of anynode itself; it says nothing about the store.\n"
        "Report it where anynode came from, with the lines above (CONTRIBUTING.md, 'Reporting a defect').\n"
        f"again: {command}\n"
    )
    if "--json" in arguments:
        message = f"defect of anynode itself: {type(error).__name__}: {error}"
        sys.stdout.write(json.dumps({"error": {"message": message, "command": command}, "exit": _OUR_DEFECT}) + "\n")
    return _OUR_DEFECT


if __name__ == "__main__":
    main()
