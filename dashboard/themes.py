"""Day and night: the palette values, the theme of the page and of the charts.

Values are those of OpenBridge 1.0.1 (see NOTICE). Streamlit hands them to the
page as CSS variables, so the drawing follows the theme; charts are told here.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final, Literal

Look = Literal["light", "dark"]
THEMES: Final = ("day", "night")
FONT: Final = "Noto Sans, DejaVu Sans, sans-serif"


@cache
def palettes() -> dict[Look, dict[str, str]]:
    """Return the options of [theme.light] and [theme.dark] in themes.toml."""
    text = files("dashboard").joinpath("assets/themes.toml").read_text(encoding="utf-8")
    theme = tomllib.loads(text)["theme"]
    return {"light": dict(theme["light"]), "dark": dict(theme["dark"])}


def options() -> dict[str, object]:
    """Return the same as Streamlit option names: theme.light.textColor and so on."""
    named: dict[str, object] = {"theme.font": FONT}
    for look, palette in palettes().items():
        named |= {f"theme.{look}.{key}": value for key, value in palette.items()}
    return named


def ground(look: Look) -> str:
    """Return the colour of the empty page."""
    return palettes()[look]["backgroundColor"]
