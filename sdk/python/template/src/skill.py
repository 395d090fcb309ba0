"""The tools: one function for each `export` in wit/world.wit."""

from metier import InvalidInput, Unavailable, error_for_status, fetch


def greet(name: str) -> str:
    name = name.strip()
    if not name:
        raise InvalidInput("Say whom to greet, such as `Ada`.")
    return f"Hello, {name}!"


def zen() -> str:
    response = fetch("https://api.github.com/zen", headers={"user-agent": "{{name}}"}, timeout=10)
    if response.status == 403:
        raise Unavailable("GitHub wants fewer requests; try again in an hour.")
    if not response.ok:
        raise error_for_status(response.status, f"GitHub answered {response.status}.")
    return response.text
