"""Every error raised on purpose, as a tree; named by what its reader must do."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class LinkworkError(Exception):
    """The root. `str()` of it is one message for a person: the thing, the place, the remedy."""

    exit_code = 1


class WrongUse(LinkworkError):
    """The command or a setting was given wrongly: correct it and try again."""

    exit_code = 2


class BadInput(LinkworkError):
    """A file or record cannot be read as what it claims to be; nothing of it was used."""

    exit_code = 3

    def __init__(
        self,
        problem: str,
        *,
        remedy: str,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
        sheet: str | None = None,
    ) -> None:
        self.problem, self.remedy = problem, remedy
        self.file, self.row, self.column, self.sheet = file, row, column, sheet
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        return f"{place_of(self)}{self.problem}. {self.remedy}"


class Placed(Protocol):
    """Something that stands somewhere in a file."""

    @property
    def file(self) -> str | None:
        """Its path."""

    @property
    def sheet(self) -> str | None:
        """The sheet of a workbook."""

    @property
    def row(self) -> int | None:
        """Counted with the first row as 1."""

    @property
    def column(self) -> str | None:
        """A column or field."""


def place_of(what: Placed) -> str:
    """Where it stands, in words with a colon at the end; empty when nothing is known."""
    sheet = f"sheet {what.sheet}" if what.sheet is not None else None
    row = f"row {what.row}" if what.row is not None else None
    column = f"column {what.column}" if what.column is not None else None
    place = ", ".join(part for part in (what.file, sheet, row, column) if part)
    return f"{place}: " if place else ""


class Rejected(NamedTuple):
    """A row or cell of a source that could not be read, where the rest could.

    `problem` and `remedy` never repeat what the cell holds; `column` names no pupil either.
    """

    problem: str
    remedy: str
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        return f"{place_of(self)}{self.problem}. {self.remedy}"


class MisError(LinkworkError):
    """A school system could not be read. Subclasses say what the reader must do."""

    def __init__(self, problem: str, *, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem}. {remedy}")


class CredentialsRefused(MisError):
    """The MIS refused the user name, password or token: enter it again."""


class PermissionMissing(MisError):
    """The account may not see a field: ask the MIS administrator to grant it."""

    def __init__(self, field: str, *, remedy: str) -> None:
        self.field = field
        super().__init__(f"no permission to read {field}", remedy=remedy)


class SourceUnavailable(MisError):
    """The MIS is away for now: wait `retry_after` seconds (None: the caller decides)."""

    def __init__(self, problem: str, *, remedy: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(problem, remedy=remedy)


class NotTheSource(MisError):
    """Something other than the MIS answered: a filter, a sign-in page, the wrong address."""


class ShapeChanged(MisError):
    """The MIS answered in a shape this plugin does not know: update the plugin or the report."""


class TimedOut(MisError):
    """The MIS did not answer within its time limit and was ended."""


class ContactsUnavailable(MisError):
    """This source cannot give contacts: the school desk asks the person once."""


class PartialData(MisError):
    """The MIS gave only a part: the last good read is kept until it is whole again."""


class EmptyRegister(MisError):
    """The MIS gave no pupils or no marks. Never read as 'everyone is absent'."""

    exit_code = 3


class EnvelopeRefused(LinkworkError):
    """An envelope was not accepted. `reason` is a short fixed word, safe to log."""

    def __init__(self, reason: str, explanation: str) -> None:
        self.reason = reason
        super().__init__(explanation)


class JoinRefused(LinkworkError):
    """A join string or enrolment was not accepted: ask the authority for a new one."""


class Revoked(LinkworkError):
    """The authority has revoked this agent: it stops sending and keeps what it holds."""


class HubUnreachable(LinkworkError):
    """The hub could not be reached, or was too busy: everything is kept and tried again."""

    def __init__(self, problem: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(problem)


class NotTheHub(LinkworkError):
    """Something other than the hub answered, or its signature is wrong: everything is kept."""


class Refused(LinkworkError):
    """A rule does not allow this step now; the message says which and what would."""


class NotAllowed(LinkworkError):
    """The person's role or schools do not reach this record. Shown as 'not found'."""
