"""A handler of the standard `logging` that writes to the host's log."""

import logging
import sys

try:
    from wit_world.imports import logging as _host
except ImportError:  # skill.toml declares no [capabilities.log]: lines go to standard error.
    _host = None


def _level(number: int):
    names = [
        (logging.CRITICAL, "CRITICAL"),
        (logging.ERROR, "ERROR"),
        (logging.WARNING, "WARN"),
        (logging.INFO, "INFO"),
        (logging.DEBUG, "DEBUG"),
    ]
    name = next((name for least, name in names if number >= least), "TRACE")
    return getattr(_host.Level, name)


class Handler(logging.Handler):
    """One line of the host's log for each record; the logger's name is its context."""

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        if _host is None:
            print(f"{record.levelname.lower()}: {text}", file=sys.stderr)
        else:
            context = "" if record.name == "root" else record.name
            _host.log(_level(record.levelno), context, text)


def install() -> None:
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(Handler())
        # The host keeps what the grant's level says.
        root.setLevel(logging.DEBUG)
