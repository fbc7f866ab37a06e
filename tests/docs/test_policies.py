"""The page on writing a policy: its examples are one sound policy, and no setting is left out."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel
from registers import register

from linkwork import policy as policies
from linkwork.policy import Policy, lint
from linkwork.policy.pack import (
    Age,
    NoticeTerms,
    Penalty,
    Provisional,
    Rereading,
    ReturnInterval,
)
from linkwork.policy.rules import KINDS
from linkwork.policy.settings import BY_KIND, names_of
from linkwork.triggers import evaluate

PAGE = "docs/writing-a-policy.md"


def written(blocks: list[Any]) -> str:
    """Every TOML example of the page, one after the other."""
    return "\n".join(b.text for b in blocks if b.page == PAGE and b.language == "toml")


def test_the_examples_of_the_page_make_one_sound_policy(blocks: list[Any]) -> None:
    text = written(blocks)
    found = lint(text)
    assert found.mistakes == ()
    assert found.policy is not None
    assert {rule.kind for rule in found.policy.triggers} == set(KINDS)
    # The control: a figure that is no figure is a mistake.
    assert lint(text.replace("threshold = 10", "threshold = 0", 1)).mistakes


def test_the_examples_find_whom_they_say(blocks: list[Any]) -> None:
    policy = policies.loads(written(blocks))
    held = register("/*5 O*5 /*15 O*5 /*5", "I*10 /*25", "/*35")
    found = {(f.pupil_id, f.trigger) for f in evaluate(held, policy, held.sessions[-1].date)}
    assert ("P1", "ten-days-either-way") in found
    assert ("P1", "ten-days-any-absence") not in found
    assert ("P2", "ten-days-any-absence") in found
    assert {pupil for pupil, _ in found} == {"P1", "P2"}


def test_every_setting_is_named_on_the_page(pages: dict[str, str]) -> None:
    page = pages[PAGE]
    known = set(re.findall(r"`([a-z_]+)(?: = [^`]*)?`", page)) | set(
        re.findall(r"^([a-z_]+) = ", page, re.MULTILINE)
    )
    tables: list[type[BaseModel]] = [Policy, Age, Provisional, Penalty, NoticeTerms]
    tables += [Rereading, ReturnInterval]
    tables += BY_KIND.values()
    wanted = {name for table in tables for name in names_of(table)}
    assert (
        wanted
        - known
        - {*("trigger", "notice", "provisional", "age", "penalty", "rereading", "return")}
        == set()
    )
