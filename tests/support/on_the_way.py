"""What a school's network may put between agent and hub: for tests, on real HTTP."""

from __future__ import annotations

from live_hub import App, Between, Message, Receive, Send

BLOCK_PAGE = b"<html><body><h1>Blocked by the school filter</h1></body></html>"


async def answer(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    """Answer in the hub's place."""
    start: Message = {"type": "http.response.start", "status": status, "headers": headers or []}
    await send(start)
    await send({"type": "http.response.body", "body": body})


def instead(status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> Between:
    """Something that answers every call itself."""

    async def between(_scope: Message, _receive: Receive, send: Send, _hub: App) -> None:
        await answer(send, status, body, headers)

    return between


def changing(change: object, keep: list[bytes] | None = None) -> Between:
    """Lets calls through to the hub, and changes the bytes of its answers."""
    assert callable(change)

    async def between(scope: Message, receive: Receive, send: Send, hub: App) -> None:
        parts: list[bytes] = []
        start: list[Message] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
            else:
                parts.append(message.get("body", b""))

        await hub(scope, receive, collect)
        body = b"".join(parts)
        if keep is not None:
            keep.append(body)
        await answer(send, start[0]["status"], change(body))

    return between


def after(calls: int, then: Between) -> Between:
    """Lets the first so many calls through as they are. A delivery begins with a sign of life."""
    passed = 0

    async def between(scope: Message, receive: Receive, send: Send, hub: App) -> None:
        nonlocal passed
        passed += 1
        if passed <= calls:
            await hub(scope, receive, send)
        else:
            await then(scope, receive, send, hub)

    return between


def flipped(place: int) -> Between:
    """One bit of every answer is another."""

    def flip(body: bytes) -> bytes:
        changed = bytearray(body)
        changed[place % len(changed)] ^= 1
        return bytes(changed)

    return changing(flip)
