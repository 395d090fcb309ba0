"""What a skill's own code imports: errors that say whose fault it is, and `fetch`.

These files are yours, like the contract in `wit/deps`: `metier build` packs what is here.
"""

from metier._errors import (
    Conflict,
    Denied,
    Internal,
    InvalidInput,
    NotFound,
    RateLimited,
    SkillError,
    Unauthorized,
    Unavailable,
    error_for_status,
)
from metier._fetch import Response, fetch

__all__ = [
    "Conflict",
    "Denied",
    "Internal",
    "InvalidInput",
    "NotFound",
    "RateLimited",
    "Response",
    "SkillError",
    "Unauthorized",
    "Unavailable",
    "error_for_status",
    "fetch",
]
