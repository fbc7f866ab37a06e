"""Files an authority writes, judged before they are used: every mistake with its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from linkwork import policy, wording
from linkwork.errors import BadInput
from linkwork_hub.access import profile
from linkwork_hub.access.profile import Profile
from linkwork_hub.billing.core_functions import doubts
from linkwork_hub.billing.tariff import read_tariff, tariff_mistakes
from linkwork_hub.cases.models import read_pathway
from linkwork_hub.db import Role
from linkwork_hub.feeds.policy import sendable_policy
from linkwork_hub.forms.kinds import read_forms
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.referrals.models import read_referral_rules
from linkwork_hub.referrals.strategies import BY_REFERRAL, read_strategies
from linkwork_hub.yearly.kinds import read_yearly


def lint_profile(path: Path) -> list[str]:
    """What to say of a profile that is sound: a sentence, then what to look at twice.

    Raises WrongUse or BadInput: a file that is no profile by its first mistake, one whose
    sections are wrong by the mistakes of all of them, a line each.
    """
    found = profile.load(path)
    chosen = sendable_policy(found)
    wrong = _mistakes(found, chosen, path.name)
    if wrong:
        raise wrong[0] if len(wrong) == 1 else Mistakes(wrong)
    tariff = read_tariff(found.section("tariff"), file=path.name)
    priced = f"tariff {tariff.name!r}" if tariff else "no tariff, so nothing is billed"
    authority = found.authority
    raised = doubts(tariff, nation=authority.nation, body=authority.body) if tariff else []
    return [
        f"{path.name} is sound: {found.name}, {found.service}; {chosen.name}; {priced}.",
        *(f"Look at this twice: {doubt}" for doubt in raised),
    ]


def _mistakes(found: Profile, chosen: policy.Policy, file: str) -> list[BadInput]:
    known = _reaching(chosen)
    readers: tuple[Callable[[], object], ...] = (
        lambda: read_referral_rules(found.section("referral")),
        lambda: read_pathway(found.section("pathway")),
        lambda: read_rules(found.section("meetings"), file=file),
        lambda: _check_yearly(found, file),
        lambda: read_forms(found.section("forms"), file=file),
        lambda: read_strategies(found.section("strategies"), file=file, known=known),
        lambda: _check_roles(found, file),
    )
    wrong: list[BadInput] = []
    for read in readers:
        try:
            read()
        except BadInput as mistake:
            wrong.append(mistake)
    if tariff := found.section("tariff"):
        wrong += tariff_mistakes(tariff, file=file)
    return wrong


def _check_yearly(found: Profile, file: str) -> None:
    try:
        kinds = [kind.id for kind in read_rules(found.section("meetings"), file=file).types]
    except BadInput:
        return  # said of the table of meetings already
    read_yearly(found.section("yearly"), file=file, meetings=kinds)


def _reaching(chosen: policy.Policy) -> frozenset[str]:
    """The triggers by which a pupil to consider comes to the hub."""
    told = (
        rule.name
        for rule in chosen.enabled
        if rule.audience == "authority" and rule.route == "attendance"
    )
    return frozenset({*told, BY_REFERRAL})


def _check_roles(found: Profile, file: str) -> None:
    known = [role.value for role in Role if role is not Role.SYSTEM]
    for role, titles in found.section("roles").items():
        if role not in known:
            remedy = f"Write one of: {', '.join(known)}"
            raise BadInput(f"roles.{role} is no role of the hub", remedy=remedy, file=file)
        if not isinstance(titles, list) or not all(isinstance(one, str) for one in titles):
            remedy = 'Write a list of titles, such as ["Education Welfare Officer"]'
            raise BadInput(f"roles.{role} is no list of titles", remedy=remedy, file=file)


def lint_policy(path: Path) -> list[str]:
    """What to say of a policy file that is sound: a sentence, then what to look at twice.

    Raises BadInput with every mistake, a line each, or WrongUse when there is no such file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        # Says what is wrong with it, or finds the name of a shipped policy.
        text = policy.load(path).text
    found = policy.lint(text, file=path.name)
    if found.policy is None:
        raise Mistakes(found.mistakes)
    count = wording.number(len(found.policy.enabled), "trigger")
    sound = f"{path.name} is sound: {found.policy.name}, {count} applied."
    return [sound, *(f"Look at this twice: {doubt}" for doubt in found.doubts)]


class Mistakes(BadInput):
    """Several mistakes in one file, a line each; the first stands for them all."""

    def __init__(self, found: Sequence[BadInput]) -> None:
        first = found[0]
        super().__init__(
            first.problem, remedy=first.remedy, file=first.file, row=first.row, column=first.column
        )
        self._all = "\n".join(str(each) for each in found)

    def __str__(self) -> str:
        return self._all
