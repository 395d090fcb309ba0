"""Exceptions for each case of `error` in metier:skill/types."""

from typing import Any, Optional

try:
    from wit_world.imports import types
except ImportError:  # A world that does not use the error type.
    types = None


class SkillError(Exception):
    """Why a tool could not do what it was asked.

    Raise one of its subclasses anywhere: the caller, often a model, reads the message. Any other
    exception becomes `Internal`, with the source line.
    """

    case = "Internal"

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message

    def variant(self) -> Any:
        """As the host wants it."""
        return getattr(types, f"Error_{self.case}")(self.message)


class InvalidInput(SkillError):
    """The arguments make no sense to the tool or its upstream. Blame: the caller."""

    case = "InvalidInput"


class Unauthorized(SkillError):
    """The upstream did not accept the credential. Blame: the operator."""

    case = "Unauthorized"


class Denied(SkillError):
    """The upstream accepted the credential and refused the action. Blame: the operator."""

    case = "Denied"


class NotFound(SkillError):
    """The thing named does not exist. Blame: the caller."""

    case = "NotFound"


class Conflict(SkillError):
    """The thing changed under the caller, or exists already. Blame: the caller."""

    case = "Conflict"


class RateLimited(SkillError):
    """Too many requests. Blame: the upstream."""

    case = "RateLimited"

    def __init__(self, message: str, retry_after_seconds: Optional[int] = None):
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds

    def variant(self) -> Any:
        return types.Error_RateLimited(types.RateLimit(self.message, self.retry_after_seconds))


class Unavailable(SkillError):
    """The upstream is down, slow or unreachable; the same call may work later. Blame: the upstream."""

    case = "Unavailable"


class Internal(SkillError):
    """A fault in the skill itself. Blame: the skill."""

    case = "Internal"


_BY_STATUS = {
    401: Unauthorized,
    403: Denied,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    429: RateLimited,
}


def error_for_status(status: int, message: str) -> SkillError:
    """The exception that fits an HTTP status."""
    if status >= 500:
        return Unavailable(message)
    fallback = InvalidInput if status >= 400 else Internal
    return _BY_STATUS.get(status, fallback)(message)
