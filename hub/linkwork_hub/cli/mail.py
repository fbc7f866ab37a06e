"""Mail of a hub, by what its settings say."""

from __future__ import annotations

from collections.abc import Callable

from linkwork_hub.access.home import Home
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.mailing import Post, send_waiting, smtp


def sender(home: Home) -> Callable[[], int]:
    """Hands over what waits each time it is called; without a mail server nothing, ever."""
    settings = home.settings
    if not settings.mail or not settings.mail_from:
        return lambda: 0
    rules = read_rules(home.profile.section("meetings"), file="authority.toml")
    post = Post(smtp(settings.mail), settings.mail_from, settings.address)
    return lambda: send_waiting(home.db, rules, post)
