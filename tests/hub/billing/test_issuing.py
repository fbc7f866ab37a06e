"""Issuing: the preview written down once, corrections beside the past and never in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hub_under_test import FixedClock
from ledgers import vat, whole_tariff
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from linkwork.errors import NotAllowed, Refused, WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SchoolFacts, Term
from linkwork_hub.billing import customer_store, issuing, ledger_store, store, tables
from linkwork_hub.billing.ledger import Charge, Customer, Document, DocumentKind
from linkwork_hub.billing.models import Bill, ContractYear, Kind, NewCost
from linkwork_hub.billing.rules import contract_year
from linkwork_hub.billing.tariff import Tariff
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Database, Role, Scope

SYSTEM = Scope.system()
OAK = SchoolFacts("", date(2020, 9, 1), "900001", "Oak Lane", "LA", "primary", roll=300,
                  roll_date=date(2024, 10, 3))  # fmt: skip
ASH = replace(OAK, urn="900002", name="Ash Park", school_type="academy", roll=501)
SUMMER, AUTUMN, END = date(2025, 7, 22), date(2025, 12, 19), date(2026, 3, 31)


@dataclass
class Books:
    """Two schools with three cases, terms, and a tariff: the ledger is still empty."""

    db: Database
    tariff: Tariff
    year: ContractYear
    oak: str
    ash: str

    def issue(self, up_to: date = END, tariff: Tariff | None = None) -> list[Document]:
        with self.db.write() as db:
            made = issuing.issue(
                SYSTEM, db, tariff or self.tariff, self.year, up_to=up_to, by="Fin"
            )
        return list(made.documents)

    def bills(self) -> int:
        with self.db.read() as db:
            made = store.bills(SYSTEM, db, self.tariff, self.year)
        return sum(one.total_pence for one in made if isinstance(one, Bill))

    def ledger(self) -> list[Charge]:
        with self.db.read() as db:
            booked = ledger_store.booked(SYSTEM, db, self.year.label)
        return [charge for charges in booked.values() for charge in charges]

    def documents(self) -> list[Document]:
        with self.db.read() as db:
            return ledger_store.every_document(SYSTEM, db)

    def add_cost(self, school: str, pence: int, day: date, kind: Kind = Kind.ADHOC) -> None:
        with self.db.write() as db:
            cost = NewCost(day, kind, "An assembly", Decimal(1), pence)
            store.add_cost(SYSTEM, db, school, cost, "Fin")

    def void(self, ref: str) -> None:
        with self.db.write() as db:
            case = cases.case_by_ref(SYSTEM, db, ref)
            assert case is not None
            cases.void(SYSTEM, db, case, "opened by mistake", "Olive")


@pytest.fixture
def books(database: Database) -> Books:
    tariff = whole_tariff("reading")
    with database.write() as db:
        oak, ash = (access.add_school(SYSTEM, db, facts) for facts in (OAK, ASH))
        for name, first, last in (
            ("Summer", date(2025, 4, 22), SUMMER),
            ("Autumn", date(2025, 9, 2), AUTUMN),
        ):
            access.add_term(SYSTEM, db, Term("", name, "term", first, last))
        for school, ref in ((oak, "OLD-1"), (oak, "OLD-2"), (ash, "OLD-3")):
            cases.add_imported(SYSTEM, db, school, ref, date(2025, 2, 3), None)
    return Books(database, tariff, contract_year(tariff, "2025-26"), oak, ash)


def money(documents: list[Document]) -> list[tuple[str, int]]:
    return sorted((one.number, one.net_pence) for one in documents)


def test_what_is_due_is_issued_as_journal_inside_and_invoice_outside(books: Books) -> None:
    assert books.issue(date(2025, 7, 21)) == []
    made = books.issue(SUMMER)
    # Half of £800 + 2 x £180, half of £1,400 + £200.
    assert money(made) == [("INV-000001", 80000), ("JNL-000001", 58000)]
    assert {(one.kind, one.customer.name) for one in made} == {
        (DocumentKind.INVOICE, "Ash Park"),
        (DocumentKind.JOURNAL, "Oak Lane"),
    }
    assert money(books.issue(AUTUMN)) == [("INV-000002", 80000), ("JNL-000002", 58000)]


def test_the_dry_run_and_the_issue_are_one_and_the_same(books: Books) -> None:
    with books.db.read() as db:
        plan, _ = issuing.plan_issue(SYSTEM, db, books.tariff, books.year, up_to=END)
    made = books.issue(END)
    assert [draft.net_pence for draft in plan.drafts] == [one.net_pence for one in made]
    assert [draft.what for draft in plan.drafts] == [one.what for one in made]


def test_issuing_twice_changes_nothing(books: Books) -> None:
    books.issue(END)
    before = books.documents()
    assert books.issue(END) == []
    assert books.documents() == before


def test_the_ledger_equals_the_bills_and_the_documents_to_the_penny(books: Books) -> None:
    books.add_cost(books.oak, 12345, date(2025, 11, 4))
    books.issue(END)
    ledger, documents = books.ledger(), books.documents()
    assert sum(charge.amount_pence for charge in ledger) == books.bills()
    assert sum(one.net_pence for one in documents) == books.bills()


def test_every_charge_names_its_cause(books: Books) -> None:
    books.issue(SUMMER)
    causes = {charge.unit: charge.cause for charge in books.ledger()}
    assert causes["case:OLD-1"][0].detail == "opened 3 February 2025, still open"
    assert causes["base"][0].what in {"300 on roll", "501 on roll"}


def test_a_void_case_comes_back_as_a_credit_and_the_past_stays(books: Books) -> None:
    issued = books.issue(SUMMER)
    before = books.documents(), books.ledger()
    books.void("OLD-1")
    [credit] = books.issue(SUMMER)
    assert (credit.kind, credit.number, credit.net_pence) == (
        DocumentKind.CREDIT, "CRN-000001", -9000,
    )  # fmt: skip
    journal = next(one for one in issued if one.kind is DocumentKind.JOURNAL)
    assert credit.corrects == journal.id
    [charge] = [c for c in books.ledger() if c.document_id == credit.id]
    assert (charge.cause[0].what, "void" in charge.cause[0].detail) == ("OLD-1", True)
    assert set(before[0]) <= set(books.documents())
    assert set(before[1]) <= set(books.ledger())
    # The second half asks only for what is left.
    later = books.issue(AUTUMN)
    assert next(one.net_pence for one in later if one.kind is DocumentKind.JOURNAL) == 49000
    assert sum(c.amount_pence for c in books.ledger()) == books.bills()


def test_a_case_found_later_is_asked_for_once_more(books: Books) -> None:
    books.issue(SUMMER)
    with books.db.write() as db:
        cases.add_imported(SYSTEM, db, books.ash, "OLD-4", date(2025, 3, 1), None)
    [more] = books.issue(SUMMER)
    assert (more.kind, more.net_pence) == (DocumentKind.INVOICE, 10000)
    assert more.corrects is not None


def test_a_line_without_a_vat_treatment_stops_the_whole_issue(books: Books) -> None:
    stated = whole_tariff("reading", vat=[vat(lines=("base",))])
    with pytest.raises(Refused, match="No VAT treatment is stated for cases") as refused:
        books.issue(SUMMER, stated)
    assert "kind LA" in str(refused.value)
    assert "kind academy" in str(refused.value)
    assert books.documents() == []
    # No number was used either.
    assert money(books.issue(SUMMER))[0][0] == "INV-000001"


def test_vat_is_worked_out_once_a_code_and_added_to_the_document(books: Books) -> None:
    stated = whole_tariff("reading", vat=[vat("S", 2000)])
    made = books.issue(SUMMER, stated)
    invoice = next(one for one in made if one.kind is DocumentKind.INVOICE)
    assert (invoice.vat_pence, invoice.total_pence) == (16000, 96000)


def test_without_accounts_nothing_is_issued_and_it_says_where_to_write_them(books: Books) -> None:
    bare = books.tariff.model_copy(update={"finance": None})
    with pytest.raises(WrongUse, match=r"add \[tariff.finance\]"):
        books.issue(SUMMER, bare)


def test_a_customer_of_an_unknown_kind_stops_the_issue_by_name(books: Books) -> None:
    with books.db.write() as db:
        customer_store.add_customer(
            SYSTEM, db, Customer("T1", "Elm Trust", "guild"), date(2025, 1, 1), "Fin"
        )
        customer_store.set_payers(SYSTEM, db, books.ash, [("T1", 1)], date(2025, 1, 1), "Fin")
    with pytest.raises(Refused, match="Elm Trust is a customer of kind 'guild'"):
        books.issue(SUMMER)
    assert books.documents() == []


def test_a_trust_pays_for_several_schools_on_one_invoice_and_shares_add_up(books: Books) -> None:
    with books.db.write() as db:
        for ref, name in (("T1", "Elm Trust"), ("G1", "Governors' fund")):
            customer = Customer(ref, name, "trust", purchase_order="PO-7")
            customer_store.add_customer(SYSTEM, db, customer, date(2025, 1, 1), "Fin")
        start = date(2025, 1, 1)
        customer_store.set_payers(SYSTEM, db, books.ash, [("T1", 2), ("G1", 1)], start, "Fin")
        customer_store.set_payers(SYSTEM, db, books.oak, [("T1", 1)], start, "Fin")
    made = books.issue(SUMMER)
    assert {one.customer.name: one.net_pence for one in made} == {
        # 58000 of Oak Lane, and of each of Ash Park's two lines (70000, 10000) two thirds.
        "Elm Trust": 58000 + 46667 + 6667,
        "Governors' fund": 23333 + 3333,
    }
    assert {one.customer.purchase_order for one in made} == {"PO-7"}
    assert sum(c.amount_pence for c in books.ledger()) == 138000


def test_a_conversion_in_january_changes_who_pays_from_then_on_and_no_case_twice(
    books: Books,
) -> None:
    books.issue(AUTUMN)
    academy = replace(OAK, from_day=date(2026, 1, 1), urn="900101", school_type="academy")
    books.add_cost(books.oak, 5000, date(2026, 2, 1))
    with books.db.write() as db:
        access.put_facts(SYSTEM, db, books.oak, academy)
    [last] = books.issue(END)
    assert (last.kind, last.net_pence, last.customer.kind) == (
        DocumentKind.INVOICE, 5000, "academy",
    )  # fmt: skip
    units = [c.unit for c in books.ledger() if c.unit.startswith("case:") and c.part == "1"]
    assert sorted(units) == ["case:OLD-1", "case:OLD-2", "case:OLD-3"]


def test_a_disputed_invoice_is_credited_in_full_and_issued_again(books: Books) -> None:
    made = books.issue(SUMMER)
    invoice = next(one for one in made if one.kind is DocumentKind.INVOICE)
    with books.db.write() as db:
        issuing.dispute(SYSTEM, db, invoice.id, "The case is not ours", "Fin")
        assert ledger_store.disputed(SYSTEM, db) == {invoice.id}
    books.void("OLD-3")
    with books.db.write() as db:
        credit, again = issuing.reissue(
            SYSTEM, db, books.tariff, invoice.id, "Case of another school", "Fin"
        )
        assert ledger_store.disputed(SYSTEM, db) == frozenset()
    assert (credit.number, credit.net_pence) == ("CRN-000001", -80000)
    assert (again.number, again.net_pence) == ("INV-000002", 70000)
    assert invoice in books.documents()
    assert books.issue(SUMMER) == []
    with books.db.write() as db, pytest.raises(Refused, match="Write why"):
        issuing.reissue(SYSTEM, db, books.tariff, again.id, " ", "Fin")


def test_numbers_have_no_gap_even_after_an_issue_that_failed(books: Books) -> None:
    books.issue(SUMMER)

    class Power(Exception):
        """The machine went off."""

    def issue_and_die() -> None:
        with books.db.write() as db:
            issuing.issue(SYSTEM, db, books.tariff, books.year, up_to=END, by="Fin")
            raise Power

    with pytest.raises(Power):
        issue_and_die()
    assert len(books.documents()) == 2
    books.issue(END)
    for letters in ("INV", "JNL"):
        serials = sorted(one.serial for one in books.documents() if one.letters == letters)
        assert serials == list(range(1, len(serials) + 1))


@pytest.mark.parametrize("table", ["charges", "documents", "additional_costs", "customers"])
def test_the_database_itself_refuses_to_change_or_take_away_a_row(books: Books, table: str) -> None:
    books.add_cost(books.oak, 100, date(2025, 11, 4))
    books.issue(END)
    with books.db.write() as db:
        customer_store.add_customer(SYSTEM, db, Customer("T", "T", "LA"), END, "Fin")
    own = getattr(tables, table)
    column = next(iter(own.primary_key))
    for statement in (update(own).values({column: column}), delete(own)):
        with pytest.raises(DatabaseError, match="only ever added to"), books.db.write() as db:
            db.execute(statement)
    # The control: the row is there, and the one table that may change does.
    with books.db.write() as db:
        assert db.first(select(own)) is not None
        db.execute(update(tables.document_numbers).values(last=99))


def test_one_number_is_never_given_twice_whatever_a_program_does(books: Books) -> None:
    books.issue(SUMMER)
    with books.db.read() as db:
        row = dict(db.execute(select(tables.documents)).first()._mapping)  # type: ignore[union-attr]
    with pytest.raises(DatabaseError), books.db.write() as db:
        db.execute(insert(tables.documents), row | {"id": "doc_other"})


def test_a_document_of_another_school_does_not_exist(books: Books) -> None:
    [document] = [one for one in books.issue(SUMMER) if one.customer.name == "Oak Lane"]
    mine = Scope(Role.SCHOOL, "per_1", frozenset({books.ash}))
    with books.db.read() as db:
        with pytest.raises(NotAllowed):
            ledger_store.document(mine, db, document.id)
        assert [one.customer.name for one in ledger_store.every_document(mine, db)] == ["Ash Park"]
        assert ledger_store.document(SYSTEM, db, document.id)[0] == document


def test_what_a_cost_is_for_is_sealed_in_the_ledger(books: Books) -> None:
    books.add_cost(books.oak, 100, date(2025, 11, 4))
    books.issue(END)
    with books.db.read() as db:
        rows = db.conn.execute(text("SELECT * FROM charges")).all()
    assert rows
    assert not any("assembly" in str(value) for row in rows for value in row)


@pytest.fixture
def clock() -> FixedClock:
    """The last day of the financial year, at nine."""
    return FixedClock(datetime(2026, 3, 31, 9, 0, tzinfo=UTC))


def test_the_preview_shows_the_stated_vat_code_and_none_where_none_is_stated(books: Books) -> None:
    stated = whole_tariff("reading", vat=[vat(lines=("base",))])
    with books.db.read() as db:
        made = store.bill_of(SYSTEM, db, stated, books.oak, books.year)
    assert isinstance(made, Bill)
    assert [line.vat_code for line in made.lines] == ["OS", None]


def test_two_programs_that_issue_at_once_ask_for_everything_once(books: Books) -> None:
    with ThreadPoolExecutor(4) as programs:
        made = list(programs.map(lambda _: books.issue(SUMMER), range(4)))
    assert sorted(len(documents) for documents in made) == [0, 0, 0, 2]
    assert money(books.documents()) == [("INV-000001", 80000), ("JNL-000001", 58000)]
