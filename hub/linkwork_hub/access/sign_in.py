"""The pages for signing in and out."""

from __future__ import annotations

from starlette.responses import Response

from linkwork_hub.access.accounts import Accounts, SignInRefused
from linkwork_hub.web import EVERYONE, PUBLIC, Context, Page, get, own_path, post, security


def routes(accounts: Accounts) -> list[Page]:
    """The sign-in routes over these accounts."""

    def form(ctx: Context) -> Response:
        if ctx.visitor is not None:
            return ctx.redirect(own_path(ctx.query.get("next", "/")))
        return _form(ctx, ctx.query.get("next", "/"))

    def sign_in(ctx: Context) -> Response:
        email, back = ctx.form.get("email", ""), ctx.form.get("next", "/")
        # A password may begin or end with a space: it is taken as it was typed.
        password = ctx.lists.get("password", [""])[-1]
        address = ctx.request.client.host if ctx.request.client else ""
        try:
            secret = accounts.sign_in(ctx.db, email, password, address)
        except SignInRefused as refused:
            return _form(ctx, back, email=email, problem=str(refused))
        # An id the browser held before signing in is never the one it holds after.
        if ctx.visitor is not None:
            accounts.sign_out(ctx.db, ctx.cookie)
        response = ctx.redirect(own_path(back))
        security.set_cookie(
            response, security.SESSION, secret, ctx.site.secure, security.ABSOLUTE_SECONDS
        )
        security.drop_cookie(response, security.VISIT, ctx.site.secure)
        return response

    def sign_out(ctx: Context) -> Response:
        accounts.sign_out(ctx.db, ctx.cookie)
        response = ctx.redirect("/sign-in")
        security.drop_cookie(response, security.SESSION, ctx.site.secure)
        return response

    return [
        get("/sign-in", form, roles=PUBLIC),
        post("/sign-in", sign_in, roles=PUBLIC),
        post("/sign-out", sign_out, roles=EVERYONE),
    ]


def _form(ctx: Context, back: str, *, email: str = "", problem: str = "") -> Response:
    status = 403 if problem else 200
    return ctx.render(
        "access/sign-in.html",
        status=status,
        title="Sign in",
        email=email,
        next=own_path(back),
        problems={"email": problem} if problem else {},
    )
