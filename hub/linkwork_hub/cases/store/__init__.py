"""The SQL of cases: what reads them, what changes them."""

from linkwork_hub.cases.store.reading import (
    GROUPS,
    Filter,
    case,
    case_by_ref,
    case_of_candidate,
    cases,
    cases_open_between,
    count,
    history,
    work_done,
)
from linkwork_hub.cases.store.working import (
    Work,
    add_imported,
    close,
    close_imported,
    give_to,
    move,
    open_case,
    record_work,
    relink,
    void,
)

__all__ = [
    "GROUPS",
    "Filter",
    "Work",
    "add_imported",
    "case",
    "case_by_ref",
    "case_of_candidate",
    "cases",
    "cases_open_between",
    "close",
    "close_imported",
    "count",
    "give_to",
    "history",
    "move",
    "open_case",
    "record_work",
    "relink",
    "void",
    "work_done",
]
