"""The OpenAPI description as people read it: operations by subject, with the fields of their bodies. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

Told = dict[str, Any]


def groups(description: Mapping[str, Any]) -> list[Told]:
    """[{name, operations}] in the order of the description."""
    found: dict[str, list[Told]] = {}
    for path, methods in description["paths"].items():
        for method, details in methods.items():
            if not details.get("deprecated"):
                told = _operation(description, path, method, details)
                found.setdefault(details["tags"][0], []).append(told)
    return [{"name": name, "operations": operations} for name, operations in found.items()]


def _operation(description: Mapping[str, Any], path: str, method: str, details: Told) -> Told:
    scopes = [scope for one in details.get("security", ()) for names in one.values() for scope in names]
    return {
        "method": method.upper(),
        "path": path,
        "summary": details["summary"],
        "description": details.get("description", ""),
        "scope": ", ".join(scopes),
        "parameters": details["parameters"],
        "fields": list(_fields(description, details)),
        "statuses": [str(status) for status in details["responses"] if int(status) < 400],
    }


def _fields(description: Mapping[str, Any], details: Told) -> Iterator[Told]:
    for body in details.get("requestBody", {}).get("content", {}).values():
        schema = _resolved(description, body["schema"])
        for name, field in schema.get("properties", {}).items():
            yield {
                "name": name,
                "kind": _kind(description, field),
                "required": name in schema.get("required", ()),
                "description": field.get("description", ""),
            }


def _kind(description: Mapping[str, Any], field: Told) -> str:
    """`string`, `number or null`, `list of object`"""
    if "anyOf" in field:
        return " or ".join(_kind(description, one) for one in field["anyOf"])
    resolved = _resolved(description, field)
    if "enum" in resolved:
        return " or ".join(map(str, resolved["enum"]))
    if resolved.get("type") == "array" and "items" in resolved:
        return f"list of {_kind(description, resolved['items'])}"
    return str(resolved.get("format") or resolved.get("type") or resolved.get("const", "any value"))


def _resolved(description: Mapping[str, Any], schema: Told) -> Told:
    reference = schema.get("$ref") or next((one["$ref"] for one in schema.get("allOf", ()) if "$ref" in one), None)
    if reference is None:
        return schema
    resolved: Told = description["components"]["schemas"][reference.rsplit("/", 1)[-1]]
    return resolved
