"""`doctor --redact` can be mailed: names of people, schools and machines are out, and secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkwork_agent import redact

CANARIES = [
    "Zephyrine Quillfeather",
    "Y999001220001",
    "y99900122000b",
    "/home/j.smith/linkwork/agent.toml",
    "/srv/j.smith",
    "C:\\Users\\j.smith\\linkwork",
    "C:/Users/j.smith/linkwork/agent.toml",
    "\\\\fileserver\\j.smith\\marks.csv",
    "fileserver.quillbury.sch.uk",
    "FILESERVER.Quillbury.local",
    "https://j.smith:pass@hub.quillbury.example:8443/agent?x=1",
    "10.20.30.40",
    "j.smith@quillbury.sch.uk",
    "quillbury.uk.arbor.sc",
    "https://quillbury.uk.arbor.sc/rest-v2/students/12",
    "eyJhbGciOiJIUzI1NiJ9x1y2z3",
    "made-up-token",
    '"Ask Mrs Quillfeather"',
]
KNOWN = ["Zephyrine Quillfeather", "made-up-token", "Quillbury Primary School"]
TELLTALE = ("quill", "smith", "y9990", "fileserver", "10.20", "eyj", "made-up", "pass")


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("around", ["{}", "seen at {}.", "({})", "x={}, and", "cannot open {}: no"])
def test_no_canary_survives(canary: str, around: str) -> None:
    [row] = redact.rows([{"seen": around.format(canary), "ok": True}], KNOWN)
    assert not [word for word in TELLTALE if word in row["seen"].lower()], row["seen"]
    assert row["ok"] is True


@pytest.mark.parametrize("canary", CANARIES)
def test_each_canary_would_be_seen_without_redaction(canary: str) -> None:
    assert [word for word in TELLTALE if word in canary.lower()]


@pytest.mark.parametrize(
    "kept",
    [
        "no permission to read Person.gender. Allow the application to read it in Arbor",
        "UkDfe_UpnAssignment.isTemporary",
        "1,050 in Arbor, left ones too",
        "SQLite 3.46.1, journal WAL, sync FULL",
        "8,121 MB free",
        "Arbor is busy or down (status 503). It is asked again later",
        "read 1,050 on 2026-11-20; sent as totals 2026-11-20, no receipt yet",
    ],
)
def test_what_a_technician_needs_stays(kept: str) -> None:
    assert redact.text(kept) == kept


def test_the_vendors_own_domain_stays_and_the_schools_part_goes() -> None:
    said = "cannot reach https://quillbury.uk.arbor.sc/graphql/query of uk.arbor.sc"
    assert redact.text(said) == "cannot reach https://<school>.uk.arbor.sc of uk.arbor.sc"
    assert redact.text("at evil-uk.arbor.sc.quillbury.example") == "at <host>"


@given(st.text(max_size=60), st.sampled_from(KNOWN), st.text(max_size=60))
def test_no_known_word_survives_whatever_stands_around_it(a: str, word: str, b: str) -> None:
    for shape in (word, word.upper(), word.lower()):
        [row] = redact.rows([{"seen": f"{a}{shape}{b}"}], KNOWN)
        assert word.lower() not in row["seen"].lower()
