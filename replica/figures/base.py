"""The look that all charts share.

Colours are names of custom properties (`var(--good)`), which the browser resolves for its theme. Every text of foreign
origin goes through `plain_text`; no text is bold or italic, which Plotly does by inline styles. Points that lead
somewhere carry an address in `customdata`.
"""

from collections.abc import Sequence
from typing import Any

from plotly.graph_objects import Figure

Json = dict[str, Any]  # a part of a figure, with the names that Plotly's schema gives
LONGEST_NAME = 40  # letters
LEGEND = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left"}  # above the plot


def plain_text(text: str, longest: int = LONGEST_NAME) -> str:
    """`text` shortened, and so that Plotly, which reads some HTML, shows it letter by letter."""
    short = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")


def colour(number: int) -> str:
    """A category's colour as a line or mark: stronger than the surface colour of the same number."""
    return f"var(--chart-{number})"


def axis(title: str = "", **more: Any) -> Json:
    return {
        "title": {"text": title, "standoff": 8, "font": {"size": 12}},
        "zeroline": False,
        "gridcolor": "var(--line)",
        **more,
    }


def figure(traces: Sequence[Json], height: int, **layout: Any) -> Json:
    """The JSON form of a figure in the look that all charts share; arrays of numbers travel as base64."""
    common = {
        "template": "none",
        "height": height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": "var(--text-soft)"},
        "hoverlabel": {
            "bgcolor": "var(--surface-raised)",
            "bordercolor": "var(--line-strong)",
            "font": {"color": "var(--text)"},
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "var(--text-soft)", "activecolor": "var(--accent)"},
        "margin": {"l": 64, "r": 16, "t": 8, "b": 44},
        "showlegend": False,
        "dragmode": "zoom",
        "uirevision": "kept",
    }
    made: Json = Figure(data=list(traces), layout={**common, **layout}).to_dict()
    return made


def readable_scale(values: Sequence[float], unit: str) -> tuple[float, str]:
    """The factor and unit in which values of `unit` read best: long milliseconds become seconds or minutes."""
    most = max((abs(value) for value in values), default=0.0)
    if unit != "ms" or most < 2000:
        return 1.0, unit
    return (1 / 1000, "s") if most < 120_000 else (1 / 60_000, "min")
