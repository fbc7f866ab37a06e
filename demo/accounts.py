"""VAT and accounts, made up: no authority prints them, and an issue needs both."""

from __future__ import annotations

from pathlib import Path

#: No authority prints its VAT treatment or its accounts, so these are the demonstration's own.
ACCOUNTS = """
[[tariff.vat]]
code = "OS"
rate = 0
lines = ["base", "cases", "day", "package", "adhoc", "surcharge", "credit"]
customers = ["LA", "academy"]
valid_from = 2020-04-01
source = "made up for the demonstration"

[tariff.finance]
income_cost_centre = "EWS100"
income_subjective = "93000"
subjective_of = { cases = "93010" }
debtors = "DEBTORS"
vat = "VATOUT"
series = { invoice = "INV", journal = "JNL", credit = "CRN" }
columns = [
  { heading = "Document", value = "document" },
  { heading = "Account", value = "account" },
  { heading = "Debit", value = "debit" },
  { heading = "Credit", value = "credit" },
]
"""


def write_accounts(profile: Path) -> None:
    """Write VAT and accounts into the hub's own copy of its profile, as an authority would."""
    profile.write_text(profile.read_text(encoding="utf-8") + ACCOUNTS, encoding="utf-8")
