"""The hook, and a school on Arbor."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime

from linkwork.plugin import Check, Mis, MisSettings, PupilContacts, Question, hookimpl
from linkwork.register import RegisterBuilder
from linkwork_arbor.client.exchange import Exchange, Ports
from linkwork_arbor.client.rest import Rest
from linkwork_arbor.client.source import open_source
from linkwork_arbor.guardians import Guardians
from linkwork_arbor.looking import look
from linkwork_arbor.options import Options
from linkwork_arbor.reading import Reading


def ports_here() -> Ports:
    """The clock and the patience of this computer."""
    return Ports(time.sleep, lambda: datetime.now(UTC))


class ArborMis:
    """A school on Arbor. Every call opens its own connection; one request at a time."""

    def __init__(self, options: Options, urn: str, ports: Ports) -> None:
        self._options, self._urn, self._ports = options, urn, ports

    def check(self) -> list[Check]:
        """What can be read, what is missing, how many pupils there are. Raises a MisError."""
        with self._exchange() as exchange:
            source, why = open_source(exchange, self._options)
            return list(look(source, why, self._options, self._urn, self._today()))

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        """Stream pupils, school days and roll-call records into the builder. Raises a MisError."""
        into.database = self._options.base_url
        with self._exchange() as exchange:
            source, why = open_source(exchange, self._options)
            if why:
                into.warn(f"read over REST: {why}")
            Reading(source, self._options, self._urn, into).read(first, last)

    def contacts(self, pupil_ids: Sequence[str]) -> list[PupilContacts]:
        """Guardians of just these pupils. Raises ContactsUnavailable or a MisError."""
        with self._exchange() as exchange:
            rest = Rest(exchange, self._options.page_size)
            return Guardians(rest, self._today()).of(pupil_ids)

    def _exchange(self) -> Exchange:
        return Exchange(self._options, self._ports)

    def _today(self) -> date:
        return self._ports.now().date()


@hookimpl
def open_mis(settings: MisSettings) -> Mis:
    """A school on Arbor; its settings are those of `Options`. Raises WrongUse."""
    return ArborMis(Options.of(settings.options, settings.secrets), settings.urn, ports_here())


@hookimpl
def questions() -> list[Question]:
    """What `setup arbor` asks for."""
    return [
        Question("subdomain", "The school's address before .uk.arbor.sc"),
        Question("username", "User name of the application in Arbor", secret=True),
        Question("password", "Its token", secret=True),
    ]
