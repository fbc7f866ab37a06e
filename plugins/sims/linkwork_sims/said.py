"""What SIMS says when it gives no report, as the error its reader must act on. Pure."""

from __future__ import annotations

from linkwork.errors import (
    CredentialsRefused,
    MisError,
    PermissionMissing,
    ShapeChanged,
    SourceUnavailable,
)

_LONGEST = 200
_SIGN_IN = ("login", "log in", "logon", "password", "user name", "username")
_NOT_FOUND = ("report not found", "cannot find report", "report does not exist")
_FORBIDDEN = ("permission", "not authorised", "not authorized", "access denied", "access is denied")
_AWAY = ("database", "server", "network", "timeout", "in use", "single user")


def is_known(words: str) -> bool:
    """Whether these are words that SIMS is known to fail with."""
    return any(_has(words, each) for each in (_SIGN_IN, _NOT_FOUND, _FORBIDDEN, _AWAY))


def failure(words: str, secret: str = "") -> MisError:
    """The error that SIMS's words mean. They name no pupil; `secret` is taken out of them."""
    heard = " ".join(words.split())
    if secret:
        heard = heard.replace(secret, "…")
    heard = heard[:_LONGEST] or "nothing"
    if _has(heard, _NOT_FOUND):
        return ShapeChanged(
            f'SIMS has no report of that name for this user: it said "{heard}"',
            remedy="Check the setting report; with a Windows sign-in the report must stand in "
            "that user's own My Reports",
        )
    if _has(heard, _FORBIDDEN):
        return PermissionMissing(
            f'the report: SIMS said "{heard}"',
            remedy="Put the user that runs the report in SIMS's Third Party Reporter group, and "
            "let it see attendance",
        )
    if _has(heard, _SIGN_IN):
        return CredentialsRefused(
            f'SIMS refused to sign in: it said "{heard}"',
            remedy="Sign in to SIMS once by hand as the same user, change an expired password, "
            "and enter it again where the report is run from",
        )
    return SourceUnavailable(
        f'SIMS could not run the report: it said "{heard}"',
        remedy="Run the report by hand in SIMS as the same user",
    )


def _has(words: str, any_of: tuple[str, ...]) -> bool:
    lower = words.lower()
    return any(each in lower for each in any_of)
