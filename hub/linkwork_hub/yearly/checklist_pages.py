"""The checklist of a school's duties: answered year by year; a gap becomes an action."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from linkwork_hub.access import store as access
from linkwork_hub.actions import store as actions
from linkwork_hub.actions.models import Action, NewAction
from linkwork_hub.actions.rules import FINISHED, WORDS
from linkwork_hub.db import Tx
from linkwork_hub.web import Context
from linkwork_hub.yearly import answering, rules, store
from linkwork_hub.yearly.models import Said
from linkwork_hub.yearly.pages import may_write, rules_of

#: What an action of the checklist comes from: (kind, "<school>:<year>:<item>").
CAUSE = "checklist"
SAID_WORDS = {Said.YES: "Yes", Said.PARTLY: "Partly", Said.NO: "No"}


def checklist(ctx: Context) -> Response:
    """How a school stands item by item, this school year."""
    return _show(ctx, {})


def _show(ctx: Context, problems: Mapping[str, str]) -> Response:
    yearly, school_id = rules_of(ctx), ctx.path["school_id"]
    with ctx.db.read() as db:
        school = access.school(ctx.scope, db, school_id)
        year = rules.year_label(db.today)
        answered = store.answers(ctx.scope, db, school_id, year)
        agreed = {item: _actions(ctx, db, year, item) for item in yearly.items}
        today = db.today
    gaps, unanswered = answering.gaps(
        yearly.items, {item: one.said for item, one in answered.items()}
    )
    return ctx.render(
        "yearly/checklist.html",
        status=422 if problems else 200,
        title=f"Duties and procedures: {school.name}",
        school=school,
        year=year,
        yearly=yearly,
        answered=answered,
        agreed=agreed,
        gaps=gaps,
        unanswered=unanswered,
        said=SAID_WORDS,
        states=WORDS,
        today=today,
        asked=ctx.form.get("item", "") or ctx.query.get("item", ""),
        may_write=may_write(ctx),
        form=ctx.form,
        problems=problems,
    )


def answer(ctx: Context) -> Response:
    """Keep how one item stands; a gap without an action needs what is done about it, by when."""
    yearly, school_id, form = rules_of(ctx), ctx.path["school_id"], ctx.form
    item = form.get("item", "")
    with ctx.db.write() as db:
        access.school(ctx.scope, db, school_id)
        year = rules.year_label(db.today)
        acted_on = any(one.state not in FINISHED for one in _actions(ctx, db, year, item))
        problems = {} if item in yearly.items else {"item": "Choose which item it is about."}
        problems |= answering.answer_problems(form, db.today, acted_on=acted_on)
        if not problems:
            said, on = Said(form["said"]), answering.as_day(form["on"]) or db.today
            by, evidence = ctx.person.name, form.get("evidence", "")
            store.answer(ctx.scope, db, school_id, year, item, said, on, by, evidence)
            if said in answering.GAPS and not acted_on:
                _agree(ctx, db, year, item)
            access.audit(ctx.scope, db, "answered the checklist", "school", school_id, item)
    if problems:
        return _show(ctx, problems)
    return ctx.redirect(f"/schools/{school_id}/checklist#{item}", "The answer is kept.")


def _agree(ctx: Context, db: Tx, year: str, item: str) -> None:
    """The action that closes a gap, sent to the school."""
    new = NewAction(
        what=ctx.form["what"],
        who="school",
        due=answering.as_day(ctx.form["due"]) or db.today,
        school_id=ctx.path["school_id"],
        cause=(CAUSE, _cause(ctx, year, item)),
        agreed_on=db.today,
        meeting=f"Duties and procedures {year}",
    )
    actions.agree(ctx.scope, db, ctx.keys.issuer, new, ctx.person.name)


def _cause(ctx: Context, year: str, item: str) -> str:
    return f"{ctx.path['school_id']}:{year}:{item}"


def _actions(ctx: Context, db: Tx, year: str, item: str) -> list[Action]:
    return actions.actions_of_cause(ctx.scope, db, CAUSE, _cause(ctx, year, item))
