"""The technician's page on SIMS has every column and every setting that the plugin knows."""

from __future__ import annotations

from linkwork_sims.captions import CAPTIONS, plain
from linkwork_sims.options import SETTINGS


def test_every_column_and_its_captions_are_on_the_page(pages: dict[str, str]) -> None:
    rows = [line for line in pages["docs/connecting-sims.md"].splitlines() if line[:1] == "|"]
    for field, captions in CAPTIONS.items():
        [row] = [line for line in rows if f"`{field}`" in line.split("|")[1]]
        assert plain(captions[0]) in plain(row), field


def test_every_setting_is_on_the_page(pages: dict[str, str]) -> None:
    text = pages["docs/connecting-sims.md"]
    assert [name for name in SETTINGS if f"`{name}`" not in text] == []
