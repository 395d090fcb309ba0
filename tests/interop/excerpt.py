"""Cuts an OpenAPI description down to some operations and what they refer to, and mends it.

The third file says how: operations and schemas it lacks (`paths`, `schemas`), and parameters and form fields it calls
numbers although they are names (`text`), and parameters that carry the key, which is sent as `Authorization` (`keys`). Without it, the excerpt is exactly as the whole.

    python excerpt.py DESCRIPTION.json OPERATION,OPERATION [MENDED.json] > EXCERPT.json
"""

import json
import sys


def references(node):
    """Every local reference below a node."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def as_text(node, names):
    """Makes every parameter and property of these names a string."""
    if isinstance(node, dict):
        if node.get("name") in names and "in" in node:
            node["schema"] = {"type": "string"}
        properties = node.get("properties")
        for name, value in properties.items() if isinstance(properties, dict) else ():
            if name in names and isinstance(value, dict) and value.get("type") == "number":
                value["type"] = "string"
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        as_text(value, names)


def without_keys(paths, names):
    """Takes out the parameters of these names."""
    for item in paths.values():
        for operation in item.values():
            if isinstance(operation, dict) and "parameters" in operation:
                operation["parameters"] = [p for p in operation["parameters"] if p.get("name") not in names]


def excerpt(description, wanted, added):
    """The description with only these operations, and those added."""
    paths = {}
    for path, item in description["paths"].items():
        kept = {method: op for method, op in item.items() if isinstance(op, dict) and op.get("operationId") in wanted}
        if kept:
            paths[path] = {**{k: v for k, v in item.items() if k == "parameters"}, **kept}
    paths.update(added.get("paths", {}))
    as_text(paths, added.get("text", []))
    without_keys(paths, added.get("keys", []))
    described = description.get("components", {})
    known = {**described, "schemas": {**described.get("schemas", {}), **added.get("schemas", {})}}
    found, todo = {"schemas": {}}, list(references(paths))
    while todo:
        kind, name = todo.pop().removeprefix("#/components/").split("/")
        if name not in found.setdefault(kind, {}):
            found[kind][name] = known[kind][name]
            todo.extend(references(known[kind][name]))
    head = {key: description[key] for key in ("openapi", "info", "servers", "security") if key in description}
    components = {kind: dict(sorted(parts.items())) for kind, parts in found.items()}
    components["securitySchemes"] = described.get("securitySchemes", {})
    return {**head, "paths": paths, "components": components}


if __name__ == "__main__":
    description, *mended = (json.load(open(name, encoding="utf-8")) for name in (sys.argv[1], *sys.argv[3:]))
    added = mended[0] if mended else {}
    json.dump(excerpt(description, set(sys.argv[2].split(",")), added), sys.stdout, indent=1, ensure_ascii=False)
    print()
