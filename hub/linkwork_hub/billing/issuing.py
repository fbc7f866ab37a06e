"""Issuing: the plan of the preview, written down; and putting a disputed document right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from linkwork.errors import Refused, WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.billing import customer_store, demands, ledger_store, rules, store
from linkwork_hub.billing.ledger import Document, DocumentKind, Draft, Event, Plan
from linkwork_hub.billing.models import Bill, ContractYear, Outcome
from linkwork_hub.billing.price_book import Finance
from linkwork_hub.billing.tariff import Tariff
from linkwork_hub.db import Scope, Tx


@dataclass(frozen=True)
class Issued:
    """What an issue did: its documents, the plan they follow, and the bills it was made from."""

    documents: tuple[Document, ...]
    plan: Plan
    outcomes: tuple[Outcome, ...]


def plan_issue(
    scope: Scope,
    db: Tx,
    tariff: Tariff,
    year: ContractYear,
    *,
    up_to: date,
    schools: Sequence[str] = (),
) -> tuple[Plan, list[Outcome]]:
    """What issuing would do now for all that is due by `up_to`. Writes nothing.

    `schools` are ids; without any, every school within reach. Schools that cannot be billed are
    left as they are: nothing is asked of them and nothing is taken back.
    """
    outcomes = (
        [store.bill_of(scope, db, tariff, one, year) for one in schools]
        if schools
        else store.bills(scope, db, tariff, year)
    )
    facts = access.every_fact(scope, db)
    payers = customer_store.payers(scope, db, facts, db.today)
    booked = ledger_store.booked(scope, db, year.label)
    asked = [
        demands.School(one, payers[key], booked.get(key, ()))
        for one in outcomes
        if isinstance(one, Bill) and (key := one.facts.school_id)
    ]
    return demands.plan(tariff, asked, up_to=up_to, today=db.today), outcomes


def issue(
    scope: Scope,
    db: Tx,
    tariff: Tariff,
    year: ContractYear,
    *,
    up_to: date,
    by: str,
    schools: Sequence[str] = (),
) -> Issued:
    """Make the ledger equal to the bills: invoices, journals and credits, or nothing at all.

    Repeating it changes nothing. Raises Refused naming every line without a VAT treatment and
    every customer that cannot be asked; then no document is made and no number used.
    """
    finance = finance_of(tariff)
    ledger_store.lock(scope, db, finance.series.values())
    plan, outcomes = plan_issue(scope, db, tariff, year, up_to=up_to, schools=schools)
    made = _write(scope, db, finance, plan, by)
    return Issued(tuple(made), plan, tuple(outcomes))


def _write(scope: Scope, db: Tx, finance: Finance, plan: Plan, by: str) -> list[Document]:
    if plan.problems:
        raise Refused("Nothing was issued. " + ". ".join(plan.problems) + ".")
    made = []
    for draft in plan.drafts:
        document = ledger_store.add_document(scope, db, draft, finance.series[draft.kind.value], by)
        access.audit(scope, db, f"issued {document.number}", "document", document.id)
        made.append(document)
    return made


def finance_of(tariff: Tariff) -> Finance:
    """The tariff's accounts and series. Raises WrongUse when the authority has not said them."""
    if tariff.finance is None:
        raise WrongUse(
            "The tariff does not say how documents are numbered and posted: add [tariff.finance] "
            "to authority.toml."
        )
    return tariff.finance


def dispute(scope: Scope, db: Tx, document_id: str, note: str, by: str) -> None:
    """Log that the customer does not agree, and why."""
    if not note.strip():
        raise Refused("Write what the customer disputes.")
    document, _charges = ledger_store.document(scope, db, document_id)
    event = Event(db.today, "disputed", note.strip(), by)
    ledger_store.add_event(scope, db, document_id, event)
    access.audit(scope, db, f"dispute of {document.number}", "document", document_id)


def settle(scope: Scope, db: Tx, document_id: str, note: str, by: str) -> None:
    """Log that a dispute is settled and the document stands."""
    if not note.strip():
        raise Refused("Write how it was settled.")
    document, _charges = ledger_store.document(scope, db, document_id)
    ledger_store.add_event(scope, db, document_id, Event(db.today, "settled", note.strip(), by))
    access.audit(scope, db, f"settled dispute of {document.number}", "document", document_id)


def reissue(
    scope: Scope, db: Tx, tariff: Tariff, document_id: str, reason: str, by: str
) -> list[Document]:
    """Credit what still stands of a document in full, and ask again by what is known now.

    The document itself stays as it was. Raises Refused without a reason, or when nothing of it
    is left to credit.
    """
    if not reason.strip():
        raise Refused("Write why it is issued again: it stands on the credit note.")
    finance = finance_of(tariff)
    ledger_store.lock(scope, db, finance.series.values())
    document, charges = ledger_store.document(scope, db, document_id)
    if document.kind is DocumentKind.CREDIT:
        raise Refused("A credit note is not issued again: issue the document it corrects.")
    standing = _standing(scope, db, document)
    back = tuple(
        replace(charge, amount_pence=-rest, document_id="")
        for charge in charges
        if (rest := standing.pop(charge.key, 0))
    )
    if not back:
        raise Refused(f"Nothing of {document.number} stands any more: it was credited before.")
    credit = Draft(
        kind=DocumentKind.CREDIT,
        customer=document.customer,
        year=document.year,
        part=document.part,
        what=document.what,
        issued=db.today,
        due=db.today,
        charges=back,
        corrects=document.id,
        reason=reason.strip(),
    )
    made = _write(scope, db, finance, Plan((credit,)), by)
    year = rules.contract_year(tariff, document.year)
    ids = sorted({charge.school_id for charge in charges})
    plan, _ = plan_issue(scope, db, tariff, year, up_to=db.today, schools=ids)
    mine = tuple(
        draft
        for draft in plan.drafts
        if draft.part == document.part and draft.customer.ref == document.customer.ref
    )
    made += _write(scope, db, finance, Plan(mine, plan.problems), by)
    event = Event(db.today, "issued again", reason.strip(), by)
    ledger_store.add_event(scope, db, document_id, event)
    return made


def _standing(scope: Scope, db: Tx, document: Document) -> dict[tuple[str, str, str, str], int]:
    """What is asked so far, by key, of everything of this document's year."""
    sums: dict[tuple[str, str, str, str], int] = {}
    for charges in ledger_store.booked(scope, db, document.year).values():
        for charge in charges:
            sums[charge.key] = sums.get(charge.key, 0) + charge.amount_pence
    return sums
