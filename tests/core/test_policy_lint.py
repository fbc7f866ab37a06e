"""`lint` says what is wrong in the author's words, and what its author should look at twice."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from linkwork import policy as policies
from linkwork.policy import lint
from linkwork.policy.rules import KINDS
from linkwork.policy.schema import FILE, schema, schema_text
from linkwork.policy.settings import BY_KIND, names_of

ENGLAND = policies.builtin("england-2024").text.replace('name = "england-2024"', 'name = "ours"')


def line(text: str, of: str) -> int:
    """The number of the first line that holds `of`."""
    return next(n for n, each in enumerate(text.splitlines(), 1) if of in each)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "threshold = 10",
            "treshold = 10",
            (
                "setting trigger continuous-unauthorised, treshold: there is no such setting here. "
                "Remove it, or correct its spelling. Did you mean threshold?"
            ),
        ),
        (
            'kind = "run"',
            'kind = "runn"',
            (
                "setting trigger continuous-unauthorised: there is no kind 'runn' of rule. "
                "Did you mean run?"
            ),
        ),
        (
            'audience = "authority"',
            'audience = "authorities"',
            (
                'trigger continuous-unauthorised, audience: "authorities" is none of those that '
                "can stand here. Did you mean authority?"
            ),
        ),
        (
            '"unauthorised"]',
            '"unauthorized"]',
            (
                "trigger severe-absence names code 'unauthorized', which no code set of the policy "
                "has. Did you mean unauthorised?"
            ),
        ),
        (
            '"late-after-closing"]',
            '"late-after-closng"]',
            (
                "trigger late-pattern, any_of: there is no trigger 'late-after-closng'. "
                "Did you mean late-after-closing?"
            ),
        ),
        (
            'any_of = ["late-before',
            'any_of = ["irregular", "late-before',
            (
                "trigger late-pattern, any_of: irregular is itself of kind any. "
                "Name the rules it is made of instead"
            ),
        ),
        (
            "school_weeks = 10\n",
            "",
            (
                "trigger penalty-window: a window needs one, and only one, of school_weeks, "
                "school_days, calendar_weeks"
            ),
        ),
        (
            "school_weeks = 10\n",
            "school_weeks = 10\nschool_days = 5\n",
            "a window needs one, and only one, of school_weeks, school_days, calendar_weeks",
        ),
        (
            'code_sets = ["england-2024"',
            'code_sets = ["england-2042"',
            "Did you mean england-2024?",
        ),
        ("valid_from = 2024-08-19", "valid_from = 2024-08-19\nvalid_to = 2024-01-01", "is before"),
        ("reduced_days = 21", "reduced_day = 21", "Did you mean reduced_days?"),
    ],
)
def test_a_mistake_is_said_with_its_line_and_what_was_meant(old: str, new: str, says: str) -> None:
    text = ENGLAND.replace(old, new, 1)
    assert text != ENGLAND
    found = lint(text, file="ours.toml")
    assert found.policy is None
    assert says in str(found.mistakes[0])
    row = found.mistakes[0].row
    if new.strip() and "england" not in new and "valid" not in new:
        # The line of the setting, or of the table it is missing from.
        assert row is not None
        assert row <= line(text, new.splitlines()[0])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('version = "1"', "version = 1", "version: 1 is not a text. Put it in quotation marks"),
        ("threshold = 10", "threshold = 9.5", "9.5 is not a whole number. Write digits alone"),
        ("threshold = 10", "threshold = 0", "threshold: 0 is too small. Write at least 1"),
        ("points = 15", "points = 150", "points: 150 is too large. Write at most 100"),
        ("on_return = true", 'on_return = "ja"', '"ja" is neither true nor false. Write true or'),
        ('counts = ["G", "N", "O", "U"]', "counts = []", "counts: it is empty. Write at least one"),
        (
            'counts = ["G", "N", "O", "U"]',
            'counts = "G N"',
            'counts: "G N" is not a list. Write it',
        ),
        ('counts = ["G", "N", "O", "U"]', "counts = [1]", "counts, number 1: 1 is not a text"),
        ("rate = [1, 2]", "rate = 0.5", "severe-absence, rate: 0.5 is not a list"),
        ("rate = [1, 2]", "rate = [1, 2, 3]", "rate: it has 3 parts. Write 2"),
        ("of June", "in June", 'is not the last day of that name in a month. Write "last Friday'),
        ('"continuous-un', '"Ten un', "is not lower case, digits and hyphens. Write it like"),
        (
            "valid_from = 2024-08-19",
            'valid_from = "soon"',
            '"soon" is not a date. Write it as 2026',
        ),
        ("threshold = 10", 'threshold = "10"', '"10" is not a whole number. Write digits alone'),
        ("on_return = true", 'on_return = "true"', '"true" is neither true nor false. Write true'),
        ("on_return = true", "on_return = 1", "1 is neither true nor false. Write true or false"),
        (
            "rate = [1, 2]",
            "rate = [3, 2]",
            "is more than all sessions. Write the smaller first, as [2",
        ),
        (
            "reduced_pence = 8000",
            "reduced_pence = 18000",
            "18000 is not less than amount_pence 16000. Write the lower amount",
        ),
        ("reduced_days = 21", "reduced_days = 29", "29 is later than due_days 28. Write a day"),
        ("school_weeks = 10\n", "", "calendar_weeks. Write one of them, as school_weeks = 10"),
        ('"03-31"', '"31-03"', "'31-03' is not a month and day. Write MM-DD, as 08-31"),
        ("[age]", "[[age]]", "setting age: it is not one table. Write [age] once"),
        ("wait_above_percent", "wait_above", "Did you mean wait_above_percent?"),
        ("interval =", "intervall =", "Did you mean interval?"),
    ],
)
def test_a_value_of_the_wrong_kind_is_said_once_and_in_an_authors_words(
    old: str, new: str, says: str
) -> None:
    assert old in ENGLAND
    [mistake] = lint(ENGLAND.replace(old, new, 1)).mistakes
    assert says in str(mistake)
    assert not {"tuple", "string", "boolean", "integer", "validation"} & set(str(mistake).split())
    # A remedy says what to write, not where to look for it.
    assert "Compare" not in str(mistake)


@pytest.mark.parametrize("rules", ["trigger = [1]", "trigger = 1", '[trigger]\nname = "a"'])
def test_rules_that_are_no_tables_are_a_mistake_like_any_other(rules: str) -> None:
    said = [str(each) for each in lint(f'name = "ours"\n{rules}\n').mistakes]
    assert any("Write [[trigger]] above each rule" in each for each in said)


def test_the_line_is_that_of_the_setting() -> None:
    text = ENGLAND.replace("points = 15", "pionts = 15")
    [mistake] = lint(text).mistakes
    assert mistake.row == line(text, "pionts")


def test_every_mistake_is_said_and_a_misspelt_setting_only_once() -> None:
    text = ENGLAND.replace("points = 15", "pionts = 15").replace('["L"]', '["LL"]')
    assert len(lint(text).mistakes) == 1
    text = ENGLAND.replace('counts = ["L"]', 'counts = ["LL"]').replace('["C2"]', '["C9"]')
    assert len(lint(text).mistakes) == 2


def test_two_rules_of_one_name_are_refused() -> None:
    text = ENGLAND.replace('name = "third-day"', 'name = "first-day"')
    assert "two triggers are named first-day" in str(lint(text).mistakes[0])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "ours"', 'name = "england-2024"', "give it your own"),
        ("threshold = 10\nschool_weeks = 10", "threshold = 20\nschool_weeks = 1", "never be met"),
        ("rate = [1, 5]", "rate = [5, 5]", "asks for all sessions"),
        ('nation = "England"', 'nation = "Wales"', "nation Wales is not that of the code set"),
        (
            'counts = ["G", "N", "O", "U"]',
            'counts = ["/", "\\\\", "O"]',
            "continuous-unauthorised is on the return and counts /, \\: the law names absence",
        ),
        (
            'school_weeks = 10\ncounts = ["G", "N", "O", "U"]',
            'school_weeks = 10\ncounts = ["G", "N", "O", "U", "I", "M"]',
            "irregular is on the return and has the part penalty-window, which counts I, M: the",
        ),
        (
            'school_weeks = 10\ncounts = ["G", "N", "O", "U"]',
            'school_weeks = 10\ncounts = ["/", "O"]',
            "trigger penalty-window counts /: a pupil who came would be told of as absent",
        ),
        (
            'threshold = 30                # fifteen days of two sessions each\ncounts = ["I"]',
            'threshold = 30\ncounts = ["I", "B"]',
            "trigger sickness is statutory and counts B, which is attendance",
        ),
        (
            'rate = [1, 10]\nboundary = "at-least"\ncounts = ["authorised", "unauthorised"]',
            'rate = [1, 10]\nboundary = "at-least"\ncounts = ["authorised", "L"]',
            "persistent-absence counts L towards a share of absence",
        ),
        ('counts = ["G", "N", "O", "U"]', 'counts = ["I", "O"]', "is on the return and counts I"),
        ('skips = ["E", "D"]', 'skips = ["D"]\nfollows = ["I"]', "no run ever starts after it"),
        ('any_of = ["late-before-closing", ', "any_of = [", "no rule of kind any names it"),
        ('period = "today"\nthreshold = 1', 'period = "today"\nthreshold = 3', "two sessions"),
        ("on_return = true\nstatutory = true\nage_bound = true", "on_return = true", "age_bound"),
        ('counts = ["I"]\npriority', 'counts = ["I", "authorised"]\npriority', "counts I twice"),
        (
            'name = "late-after-closing"',
            'name = "late-after-closing"\nenabled = false',
            "never met",
        ),
    ],
)
def test_what_is_probably_not_meant_is_listed(old: str, new: str, says: str) -> None:
    assert old in ENGLAND
    assert not any(says in doubt for doubt in lint(ENGLAND).doubts)
    found = lint(ENGLAND.replace(old, new, 1))
    assert found.mistakes == ()
    assert any(says in doubt for doubt in found.doubts), found.doubts


def test_the_schema_shipped_is_that_of_the_models() -> None:
    shipped = (resources.files("linkwork") / "policies" / FILE).read_text(encoding="utf-8")
    # When it differs: python -c "from linkwork.policy.schema import schema_text as s; print(s())"
    assert shipped == schema_text()


def test_the_schema_describes_every_setting_of_every_kind() -> None:
    made = schema()
    kinds = made["properties"]["trigger"]["items"]["discriminator"]["mapping"]
    assert set(kinds) == set(KINDS)
    for kind, reference in kinds.items():
        rule = made["$defs"][reference.rpartition("/")[2]]
        assert set(rule["properties"]) == set(names_of(BY_KIND[kind]))
        assert rule["additionalProperties"] is False
    assert "text" not in json.dumps(made["properties"])
    described = made["$defs"]["RunRule"]["properties"]["authorised_day"]["description"]
    assert "ends the run" in described
