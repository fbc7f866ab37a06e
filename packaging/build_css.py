"""Compile the hub's stylesheet from govuk-frontend and our own rules. Needs npm; users never do.

    python packaging/build_css.py

Writes hub/linkwork_hub/web/static/linkwork.css, which is committed. Fonts, images, crown and
crest of GOV.UK are left out: they are reserved for gov.uk.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "hub" / "linkwork_hub" / "web"
PACKAGES = ("govuk-frontend@6.3.0", "sass@1.108.2")
HEAD = (
    "/*! Components: govuk-frontend 6.3.0, MIT licence, see govuk-frontend-LICENCE.txt. "
    "Colours, header and fonts: Linkwork. Built by packaging/build_css.py. */\n"
)


def main() -> int:
    """Compile in a temporary folder and write the result beside the other static files."""
    npm = shutil.which("npm")
    if npm is None:
        print("npm was not found: install Node.js to rebuild the stylesheet.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        install = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run([*install, *PACKAGES], cwd=folder, check=True)
        modules = Path(folder) / "node_modules"
        sass = modules / ".bin" / ("sass.cmd" if sys.platform == "win32" else "sass")
        made = subprocess.run(
            [
                str(sass),
                "--style=compressed",
                "--no-source-map",
                "--quiet-deps",
                f"--load-path={modules}",
                str(WEB / "scss" / "linkwork.scss"),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
    css = HEAD + made.stdout.removeprefix("\ufeff").removeprefix('@charset "UTF-8";')
    (WEB / "static" / "linkwork.css").write_text(css, encoding="utf-8")
    print(f"linkwork.css: {len(css.encode()) // 1024} KiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
