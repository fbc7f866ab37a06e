"""A tariff with everything an issue asks for: for tests of the ledger."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

from linkwork_hub.access import profile
from linkwork_hub.billing.tariff import Tariff, read_tariff

FROM = date(2020, 4, 1)
KINDS = ["LA", "academy", "trust", "external"]
FINANCE: dict[str, Any] = {
    "income_cost_centre": "EWS100",
    "income_subjective": "93000",
    "subjective_of": {"cases": "93010"},
    "debtors": "DEBTORS",
    "vat": "VATOUT",
    "series": {"invoice": "INV", "journal": "JNL", "credit": "CRN"},
    "columns": [
        {"heading": "Doc", "value": "document"},
        {"heading": "Date", "value": "date"},
        {"heading": "Account", "value": "account"},
        {"heading": "Cost centre", "value": "cost_centre"},
        {"heading": "Subjective", "value": "subjective"},
        {"heading": "Debit", "value": "debit"},
        {"heading": "Credit", "value": "credit"},
        {"heading": "Text", "value": "description"},
        {"heading": "Source", "value": "fixed", "fixed": "LINKWORK"},
    ],
}


def vat(
    code: str = "OS",
    rate: int = 0,
    lines: tuple[str, ...] = ("base", "cases", "day", "package", "adhoc", "surcharge", "credit"),
    customers: tuple[str, ...] = ("LA", "academy", "trust", "external"),
) -> dict[str, Any]:
    """One stated treatment."""
    return {
        "code": code, "rate": rate, "lines": list(lines), "customers": list(customers),
        "valid_from": FROM, "source": "the authority's VAT officer",
    }  # fmt: skip


def tariff_table(name: str) -> dict[str, Any]:
    """A shipped profile's tariff with VAT, accounts and every kind of customer written in."""
    table: dict[str, Any] = tomllib.loads(profile.builtin_text(name))["tariff"]
    table["vat"] = [vat()]
    table["finance"] = FINANCE
    known = {one["kind"] for one in table["customers"]}
    table["customers"] += [
        {"kind": kind, "settle": "invoice", "terms_days": 30} for kind in KINDS if kind not in known
    ]
    return table


def whole_tariff(name: str, **changes: Any) -> Tariff:
    """As `tariff_table`, read; `changes` stand in place of whole tables of it."""
    made = read_tariff(tariff_table(name) | changes, file="authority.toml")
    assert made is not None
    return made
