"""The closed lists: what may stand in clear text about a pupil outside the school, and no more.

A school system gives text, and a column out of place gives names. Whatever is in none of these
lists leaves as "other", never as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints

OTHER = "other"
NOT_KNOWN = "not known"

#: England's year groups (CBDS): two of nursery, reception, 1 to 14, and X for none followed.
YEAR_GROUPS = ("N1", "N2", "R", *(str(number) for number in range(1, 15)), "X")
SEXES = ("F", "M", "U")
#: None, SEN support, plan, and the earlier School Action, School Action Plus and statement; or
#: only whether there is any.
SEN_STATUSES = ("N", "K", "E", "A", "P", "S", "yes", "no")
YES_NO = ("yes", "no")
#: The main codes of the school census. Source: Department for Education, CBDS, ethnicity.
ETHNICITIES = (
    *("WBRI", "WIRI", "WIRT", "WROM", "WOTH", "MWBC", "MWBA", "MWAS", "MOTH", "AIND"),
    *("APKN", "ABAN", "AOTH", "CHNE", "BCRB", "BAFR", "BOTH", "OOTH", "REFU", "NOBT"),
)

#: The groups of the totals, and the names a group may have.
GROUPS: Mapping[str, frozenset[str]] = {
    name: frozenset((*names, OTHER, NOT_KNOWN))
    for name, names in {
        "year_group": YEAR_GROUPS,
        "sex": SEXES,
        "sen": SEN_STATUSES,
        "fsm": YES_NO,
        "ethnicity": ETHNICITIES,
    }.items()
}
#: What is counted of a group.
SUMS = frozenset(
    (
        *("pupils", "possible", "present", "authorised", "unauthorised", "unmarked"),
        *("persistent", "severe"),
    )
)

#: Only these codes leave the school as codes; of every other mark only what it counts as.
CODES_THAT_LEAVE = ("G", "N", "O", "U")
COUNTS_AS = (
    *("present", "activity", "authorised", "unauthorised", "not-possible", "administrative"),
    *("unknown", ""),
)

_KEY_STAGES = {
    **dict.fromkeys(("N1", "N2", "R"), "EY"),
    **dict.fromkeys(("1", "2"), "KS1"),
    **dict.fromkeys(("3", "4", "5", "6"), "KS2"),
    **dict.fromkeys(("7", "8", "9"), "KS3"),
    **dict.fromkeys(("10", "11"), "KS4"),
    **dict.fromkeys(("12", "13", "14"), "KS5"),
}

#: Why a pupil's record is kept back from judging, in words for a person.
KEPT_BACK: Mapping[str, str] = {
    "same-upn": "two records have this UPN",
    "born-later": "the date of birth is later than the register",
    "too-old": "the date of birth makes an adult of more than 25 years",
    "left-before-entry": "an enrolment ends before it begins",
}

_CODE = re.compile(r"[A-Z0-9/\\#+@&=!*\[\].-]{1,3}")
_YEAR_NUMBER = re.compile(
    r"(?:(?:national curriculum )?year(?: group)?|yr|y|blwyddyn|bl)?\s*0*([0-9]+)"
)
_YEAR_WORDS = {
    "n1": "N1",
    "n2": "N2",
    "nursery 1": "N1",
    "nursery 2": "N2",
    "n": "N2",
    "nursery": "N2",
    "meithrin": "N2",
    "fs1": "N2",
    "r": "R",
    "rec": "R",
    "reception": "R",
    "year r": "R",
    "yr r": "R",
    "yr": "R",
    "derbyn": "R",
    "fs2": "R",
    "x": "X",
    OTHER: OTHER,
}
_SEX_WORDS = {
    **dict.fromkeys(("f", "female", "girl", "benyw"), "F"),
    **dict.fromkeys(("m", "male", "boy", "gwryw"), "M"),
    **dict.fromkeys(("u", "unknown", "not known", "not specified"), "U"),
    **dict.fromkeys(("x", OTHER), OTHER),
}


def year_group(text: str) -> str | None:
    """The year group a usual spelling means: "Year 7", "Yr 07" and "7" are "7", "Reception" "R".

    A nursery that gives no year of its own is N2, the year before reception. None: no year group.
    """
    words = " ".join(text.lower().split())
    known = _YEAR_WORDS.get(words)
    if known is not None:
        return known
    number = _YEAR_NUMBER.fullmatch(words)
    if number is None:
        return None
    return "R" if number[1] == "0" else number[1] if number[1] in YEAR_GROUPS else None


def school_order(name: str) -> tuple[bool, int, str]:
    """What sorts year groups as a school has them, R before 1; any other name comes last."""
    known = name in YEAR_GROUPS
    return not known, YEAR_GROUPS.index(name) if known else 0, name


def key_stage(group: str | None) -> str:
    """The key stage of a year group of `YEAR_GROUPS`: EY, KS1 to KS5, "other" or "not known".

    England's: reception and before are the early years, years 12 to 14 are sometimes called KS5.
    """
    if group is None or group == NOT_KNOWN:
        return NOT_KNOWN
    return _KEY_STAGES.get(group, OTHER)


def sex(text: str) -> str | None:
    """F, M, U (not known) or other, of the usual words for them; None for anything else."""
    return _SEX_WORDS.get(" ".join(text.lower().split()))


def listed(group: str, value: str | bool | None) -> str:
    """The name under which a value may leave in a group of `GROUPS`; "other" when it has none."""
    if value is None:
        return NOT_KNOWN
    name = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value.strip()
    read = {"year_group": year_group, "sex": sex}.get(group, str.upper)
    for known in (name, read(name)):
        if known in GROUPS[group]:
            return str(known)
    return OTHER


def unknown_code(code: str) -> str:
    """A code that no code set knows, as it may leave: one to three signs of codes, or "other"."""
    return code if _CODE.fullmatch(code) else OTHER


def _one_of(names: Collection[str], what: str) -> AfterValidator:
    def listed_or_refused(name: str) -> str:
        if name not in names:
            raise ValueError(f"{what} is in no list")
        return name

    return AfterValidator(listed_or_refused)


def _codes_bounded(counts: Any) -> Any:
    if isinstance(counts, dict) and any(code != unknown_code(code) for code in counts):
        raise ValueError("an unknown code is no code of one to three signs")
    return counts


def _reasons_listed(counts: Any) -> Any:
    if isinstance(counts, dict) and not set(KEPT_BACK).issuperset(counts):
        raise ValueError("a pupil is kept back for another reason")
    return counts


def _groups_listed(groups: Any) -> Any:
    # Looked at as a whole and before anything else, so that no error can have a key for its place.
    for name, members in groups.items() if isinstance(groups, dict) else ():
        if name not in GROUPS:
            raise ValueError("there is a group of another name")
        if not isinstance(members, dict) or not GROUPS[name].issuperset(members):
            raise ValueError(f"a {name} is in no list")
        if not all(isinstance(sums, dict) and SUMS.issuperset(sums) for sums in members.values()):
            raise ValueError(f"something else is counted of a {name}")
    return groups


#: As fields of a message: text that is in no list is refused, and the refusal does not repeat it.
YearGroup = Annotated[str, _one_of(GROUPS["year_group"], "the year group")]
CodeThatLeaves = Annotated[str, _one_of(CODES_THAT_LEAVE, "the code")]
CountsAs = Annotated[str, _one_of(COUNTS_AS, "what the code counts as")]
#: As `seal.pseudonym` makes it from a UPN, or the agent by chance: nothing else fits the pattern.
Pseudonym = Annotated[str, StringConstraints(pattern=r"^p_[a-z2-7]{26}$")]
KeptBack = Annotated[dict[str, int], BeforeValidator(_reasons_listed)]
UnknownCodes = Annotated[dict[str, int], BeforeValidator(_codes_bounded)]
Groups = Annotated[dict[str, dict[str, dict[str, int]]], BeforeValidator(_groups_listed)]
