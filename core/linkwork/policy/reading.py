"""Policies read from TOML, and a mistake in one said in its author's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from linkwork import codes, toml_text
from linkwork.codes import Category
from linkwork.errors import BadInput, WrongUse
from linkwork.policy import words
from linkwork.policy.pack import Policy
from linkwork.policy.places import line_of
from linkwork.policy.rules import KINDS, AnyRule, Senseless
from linkwork.policy.settings import settings_of

#: The policy `check` uses for England when none is named.
DEFAULT = "england-2024"


def load(name_or_path: str | Path) -> Policy:
    """A policy shipped with Linkwork by name, or one in a TOML file by path.

    Raises WrongUse when there is neither, BadInput when the file is not a policy.
    """
    if str(name_or_path) in names():
        return builtin(str(name_or_path))
    path = Path(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("the file is not UTF-8 text", remedy="Save it so", file=str(path)) from error
    except OSError as error:
        raise WrongUse(
            f"There is no policy {str(name_or_path)!r}. "
            f"Use one of: {', '.join(names())}; or the path of a policy file"
        ) from error
    return loads(text, file=str(path))


def loads(text: str, *, file: str | None = None) -> Policy:
    """The policy written in `text`. Raises BadInput naming line, setting and remedy."""
    found = mistakes(text, file=file)
    if found:
        raise found[0]
    return Policy.model_validate({**toml_text.loads(text), "text": text})


def mistakes(text: str, *, file: str | None = None) -> list[BadInput]:
    """Everything that keeps `text` from being a policy, the most telling first."""
    try:
        data = toml_text.loads(text)
    except toml_text.NotToml as error:
        return [BadInput(f"not TOML: {error}", remedy="Correct that line", file=file)]
    try:
        policy = Policy.model_validate({**data, "text": text})
    except ValidationError as error:
        # A misspelt setting is both missing and unknown: the unknown name says more.
        found = [dict(each) for each in error.errors()]
        unknown = [each for each in found if each["type"] == "extra_forbidden"]
        rest = [
            each
            for each in found
            if each not in unknown and not _misspelt(each, unknown) and not _follows(each, found)
        ]
        return [_in_words(each, data, text, file) for each in (*unknown, *rest)]
    return list(_wrong_names(policy, file))


def _misspelt(missing: Mapping[str, Any], unknown: Sequence[Mapping[str, Any]]) -> bool:
    """Whether what is missing stands there under a misspelt name."""
    *table, name = missing["loc"] or [""]
    beside = [str(each["loc"][-1]) for each in unknown if list(each["loc"][:-1]) == table]
    return missing["type"] == "missing" and bool(get_close_matches(str(name), beside, 1, 0.6))


def _follows(error: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a list counts as empty only because what stands in it is wrong, as is said."""
    within = len(error["loc"])
    return error["type"] == "too_short" and any(
        len(each["loc"]) > within and each["loc"][:within] == error["loc"] for each in found
    )


@cache
def builtin(name: str) -> Policy:
    """A policy shipped with Linkwork. Raises WrongUse for a name it does not know."""
    if name not in names():
        raise WrongUse(f"There is no policy named {name!r}. Use one of: {', '.join(names())}")
    return loads((_folder() / f"{name}.toml").read_text(encoding="utf-8"), file=name)


@cache
def names() -> tuple[str, ...]:
    """The names of the policies shipped with Linkwork."""
    found = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def _folder() -> Any:
    return resources.files("linkwork") / "policies"


def meant(word: str, known: tuple[str, ...]) -> str:
    """ "Did you mean ...?" or, when nothing is near, what there is."""
    near = get_close_matches(word, known, 1, 0.6)
    return f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(known)}"


def _in_words(
    error: dict[str, Any], data: Mapping[str, Any], text: str, file: str | None
) -> BadInput:
    place = list(error["loc"])
    rule = None
    if len(place) > 1 and place[0] == "trigger" and isinstance(place[1], int):
        # After the rule's number stands its kind, which is no setting of that name.
        del place[2:3]
        rule = data["trigger"][place[1]]
    line = line_of(text, place)
    if not isinstance(rule, dict | None):
        return BadInput(
            "setting trigger: a rule stands in double brackets",
            remedy="Write [[trigger]] above each rule",
            file=file,
            row=line,
        )
    table = settings_of(place, data)
    if rule is not None:
        place[:2] = [f"trigger {rule.get('name', place[1] + 1)}"]
    setting = ", ".join(
        f"number {part + 1}" if isinstance(part, int) else str(part) for part in place
    )
    said = words.in_words(error)
    return BadInput(
        f"setting {setting or 'the whole file'}: {said[0] if said else _problem(error, rule)}",
        remedy=said[1] if said else _remedy(error, str(place[-1]) if place else "", table, rule),
        file=file,
        row=line,
    )


def _problem(error: Mapping[str, Any], rule: Mapping[str, Any] | None) -> str:
    match error["type"]:
        case "missing":
            return "it is missing"
        case "extra_forbidden":
            return "there is no such setting here"
        case "union_tag_invalid":
            return f"there is no kind {(rule or {}).get('kind')!r} of rule"
        case "union_tag_not_found":
            return "it does not say what kind of rule it is"
        case "literal_error":
            return f"{words.shown(error.get('input'))} is none of those that can stand here"
    problem = str(error["msg"]).removeprefix("Value error, ")
    return f"{problem[:1].lower()}{problem[1:]}"


def _remedy(
    error: Mapping[str, Any], setting: str, table: tuple[str, ...], rule: Mapping[str, Any] | None
) -> str:
    match error["type"]:
        case "missing":
            return "Add it"
        case "extra_forbidden":
            return f"Remove it, or correct its spelling. {meant(setting, table)}"
        case "union_tag_invalid":
            return meant(str((rule or {}).get("kind", "")), KINDS)
        case "union_tag_not_found":
            return f"Add kind, one of: {', '.join(KINDS)}"
    expected = error.get("ctx", {}).get("expected")
    if expected and isinstance(error.get("input"), str):
        return meant(
            error["input"], tuple(str(expected).replace(" or ", ", ").replace("'", "").split(", "))
        )
    if expected:
        return f"Write {expected}, in quotation marks"
    told = error.get("ctx", {}).get("error")
    if isinstance(told, Senseless):
        return told.remedy
    return f"policy.schema.json, beside the policies shipped, says what {setting} may be"


def _wrong_names(policy: Policy, file: str | None) -> Iterator[BadInput]:
    """A rule that counts a code which no code set knows would never find anything."""
    for name in policy.code_set_names:
        if name not in codes.names():
            yield BadInput(
                f"setting code_sets: there is no code set {name!r}",
                remedy=meant(name, codes.names()),
                file=file,
                row=line_of(policy.text, ["code_sets"]),
            )
            return
    yield from _wrong_codes(policy, file)
    yield from _wrong_parts(policy, file)


def _wrong_codes(policy: Policy, file: str | None) -> Iterator[BadInput]:
    known = {code for code_set in policy.code_sets for code in code_set.codes}
    classes = tuple(each.value for each in Category)
    for index, rule in enumerate(policy.triggers):
        for code in rule.named_codes:
            if code in known or code in classes:
                continue
            # A long word was meant for what a code counts as, a short one for a code.
            remedy = meant(code, classes) if len(code) > 3 else f"Correct the code: {_codes(known)}"
            yield BadInput(
                f"trigger {rule.name} names code {code!r}, which no code set of the policy has",
                remedy=remedy,
                file=file,
                row=line_of(policy.text, ["trigger", index, "counts"]),
            )


def _codes(known: set[str]) -> str:
    return " ".join(sorted(known))


def _wrong_parts(policy: Policy, file: str | None) -> Iterator[BadInput]:
    rules = {rule.name: rule for rule in policy.triggers}
    seen: set[str] = set()
    for index, rule in enumerate(policy.triggers):
        row = line_of(policy.text, ["trigger", index, "name"])
        if rule.name in seen:
            yield BadInput(
                f"two triggers are named {rule.name}",
                remedy="Give the second another name",
                file=file,
                row=row,
            )
        seen.add(rule.name)
        if not isinstance(rule, AnyRule):
            continue
        row = line_of(policy.text, ["trigger", index, "any_of"])
        for name in rule.any_of:
            if name not in rules:
                others = tuple(each for each in rules if each != rule.name)
                yield BadInput(
                    f"trigger {rule.name}, any_of: there is no trigger {name!r}",
                    remedy=meant(name, others),
                    file=file,
                    row=row,
                )
            elif isinstance(rules[name], AnyRule):
                yield BadInput(
                    f"trigger {rule.name}, any_of: {name} is itself of kind any",
                    remedy="Name the rules it is made of instead",
                    file=file,
                    row=row,
                )
