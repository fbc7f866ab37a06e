"""The stylesheet and the pictures: a fixed list of files, kept by browsers until they change."""

from __future__ import annotations

from starlette.responses import FileResponse, Response

from linkwork_hub.web.context import Context, found
from linkwork_hub.web.routes import PUBLIC, Page, get
from linkwork_hub.web.templating import STATIC

_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}
_FILES = {path.name: path for path in STATIC.iterdir() if path.suffix in _TYPES}


def _file(ctx: Context) -> Response:
    path = found(_FILES.get(ctx.path["name"]))
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=kept)


routes: list[Page] = [get("/static/{digest}/{name}", _file, roles=PUBLIC)]
