"""The shell around each exported function: exceptions become errors of the tool."""

import importlib
import re
import sys
from typing import Any, Callable, List, Tuple

from componentize_py_types import Err
from metier import _errors

#: `/0/skill.py`: componentize-py numbers the folders of the Python path; the first is `src`.
_FOLDER = re.compile(r"^/(\d+)/")


def tool(owner: Any, name: str, failure: str) -> Callable[..., Any]:
    """Wrap `owner.name`. `failure` says what its WIT lets it fail with: "error" (metier:skill/types), "string",
    "other" (a type of its own), or "none".
    """
    place = f"src/{getattr(owner, '__name__', owner)}.py"
    if not hasattr(owner, name):
        raise ImportError(f"{place} must define `{name}`: wit/world.wit exports it")

    def call(self: Any, *arguments: Any) -> Any:
        try:
            return getattr(owner, name)(*arguments)
        except BaseException as error:
            raised = as_error(error, failure)
        raise raised

    return call


#: What the standard library imports only when it is needed, which is too late here, by the module that needs it.
_LAZY = {
    "codecs": ["encodings.ascii", "encodings.latin_1", "encodings.punycode", "encodings.utf_8_sig"],
    "datetime": ["_strptime"],
}


def finish() -> None:
    """The last step of the build: what the program will import later, and its log."""
    for needs, modules in _LAZY.items():
        if needs in sys.modules:
            for module in modules:
                importlib.import_module(module)
    if "logging" in sys.modules:
        from metier import _logging

        _logging.install()


def as_error(error: BaseException, failure: str) -> BaseException:
    """What to raise so that the host gets an `err`; a tool that cannot fail is stopped, with the trace in its output."""
    # The host knows that memory was refused, and says so when the tool is stopped.
    if isinstance(error, MemoryError):
        return error
    if failure == "other" and isinstance(error, Err):
        return error
    if failure == "error":
        if isinstance(error, _errors.SkillError):
            return Err(error.variant())
        if isinstance(error, Err) and type(error.value).__name__.startswith("Error_"):
            return error
    if failure == "string" and isinstance(error, Err) and isinstance(error.value, str):
        return error
    print(trace(error), file=sys.stderr)
    if failure == "error":
        return Err(_errors.types.Error_Internal(describe(error)))
    if failure == "string":
        return Err(describe(error))
    return error


def frames(error: BaseException) -> List[Tuple[str, str]]:
    """Function and place of each frame, outermost first, without those of this package."""
    found = []
    at = error.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        place = _FOLDER.sub(lambda folder: "src/" if folder[1] == "0" else "", code.co_filename)
        if not place.startswith("src/metier/"):
            found.append((code.co_name, f"{place}:{at.tb_lineno}"))
        at = at.tb_next
    return found


def message(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, ModuleNotFoundError):
        text += " (import it at the top of the module: what was not imported by the build is not packed)"
    return text


def describe(error: BaseException) -> str:
    """`ValueError: x (src/skill.py:12)`: the innermost line of the author's own."""
    own = [place for _, place in frames(error) if place.startswith("src/")]
    return f"{message(error)} ({own[-1]})" if own else message(error)


def trace(error: BaseException) -> str:
    """The message and every frame, innermost first, one per line."""
    lines = [f"    at {name} ({place})" for name, place in reversed(frames(error))]
    cause = error.__cause__
    caused = [f"caused by {trace(cause)}"] if cause is not None else []
    return "\n".join([f"uncaught {message(error)}", *lines, *caused])
