"""Checking settings and table rows against the JSON schemas of workflow/schemas.

The schemas are the documentation; this module turns what they find wrong into faults that name
the offender, what is allowed and the cure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from scarp.errors import Fault, did_you_mean
from scarp.places import workflow_folder

FOLDER = workflow_folder("schemas")


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Read workflow/schemas/{name}.schema.yaml."""
    text = (FOLDER / f"{name}.schema.yaml").read_text(encoding="utf-8")
    schema: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return schema


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(load_schema(name))


def with_defaults(value: Any, schema: Mapping[str, Any]) -> Any:
    """A copy of `value` in which every absent leaf has its schema's default."""
    properties = schema.get("properties")
    if not properties or not isinstance(value, Mapping):
        return value
    filled = dict(value)
    for key, leaf in properties.items():
        if key in filled:
            filled[key] = with_defaults(filled[key], leaf)
        elif "default" in leaf:
            filled[key] = with_defaults(leaf["default"], leaf)
    return filled


def faults_of(value: Any, name: str, where: str, joint: str = ", ") -> Iterator[Fault]:
    """Everything that schema `name` finds wrong with `value`, each as a fault at `where`.

    `joint` stands between `where` and the offending key.
    """
    for error in sorted(_validator(name).iter_errors(value), key=lambda e: list(map(str, e.path))):
        yield from _faults(error, where, joint)


def _faults(error: ValidationError, where: str, joint: str) -> Iterator[Fault]:
    schema: dict[str, Any] = dict(error.schema)  # type: ignore[arg-type]
    rule: Any = error.validator_value
    instance: Any = error.instance
    path = ": ".join(str(part) for part in error.absolute_path)
    place = f"{where}{joint}{path}" if path else where
    shown = _show(instance)
    if error.validator == "additionalProperties":
        known = list(schema.get("properties", {}))
        for key in sorted(set(instance) - set(known)):
            yield Fault(
                f"'{key}' is not known here",
                place,
                ", ".join(known),
                did_you_mean(str(key), known) or "remove it",
            )
    elif error.validator == "required":
        absent = [key for key in rule if key not in instance]
        yield Fault(f"{', '.join(absent)} is missing", place, cure=f"add {', '.join(absent)}")
    elif error.validator == "enum":
        choices = [str(choice) for choice in rule]
        yield Fault(
            f"{shown} is not allowed",
            place,
            ", ".join(choice or "(blank)" for choice in choices),
            did_you_mean(str(instance), choices) or "choose one of these",
        )
    else:
        yield Fault(
            f"{shown} is not allowed ({_RULES.get(str(error.validator), '{}').format(rule)})",
            place,
            str(schema.get("description", "")),
            "correct the value",
        )


_RULES = {
    "type": "must be of type {}",
    "pattern": "must have the form told below",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be above {}",
    "exclusiveMaximum": "must be below {}",
    "minItems": "needs at least {} entries",
    "maxItems": "takes at most {} entries",
    "minLength": "must not be blank",
    "uniqueItems": "must not repeat an entry",
}


def _show(value: Any) -> str:
    return "blank" if value == "" else f"'{value}'" if isinstance(value, str) else json.dumps(value)
