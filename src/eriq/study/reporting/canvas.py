"""Empty figures in our style, and finished ones as SVG or PNG; the only door to matplotlib."""

import hashlib
import io
import re
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from matplotlib.figure import Figure as Figure
    from matplotlib.lines import Line2D

INK, SOFT, LINE, GRID = "#23282d", "#5a6068", "#b9b2a4", "#ece7dd"
WIDTH = 7.6  # inches
FONTS = "'Source Sans 3','Segoe UI','Helvetica Neue','Noto Sans','DejaVu Sans',sans-serif"
# The space for text is measured with the one font that comes with matplotlib and is wider than those above.
_STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in a label is a dollar sign
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "eriq",
}


def style() -> AbstractContextManager[object]:
    """Return the context in which figures are drawn and written."""
    import matplotlib

    return matplotlib.rc_context(_STYLE)


def ready() -> None:
    """Import what draws, so that the first figure need not."""
    import matplotlib.backends.backend_agg
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401


def figure(name: str, title: str, words: str, height: float) -> "tuple[Figure, Axes]":
    """Return an empty figure with one pair of axes; title and words are for who cannot see it."""
    whole, parts = panels(name, title, words, 1, height)
    return whole, parts[0]


def panels(
    name: str, title: str, words: str, n: int, height: float, *, sharey: bool = False
) -> "tuple[Figure, list[Axes]]":
    """Return a figure with `n` panels: up to three beside each other, more in two columns."""
    from matplotlib.figure import Figure

    columns = n if n <= 3 else 2
    rows = -(-n // columns)
    whole: Any = Figure(figsize=(WIDTH, height * rows), layout="constrained")
    whole.set_gid(name)
    whole.set_label(title)
    whole.description = words
    grid = whole.subplots(rows, columns, squeeze=False, sharey=sharey).ravel()
    for spare in grid[n:]:
        spare.remove()
    return whole, list(grid[:n])


def key(words: str, **look: Any) -> "Line2D":
    """Return an entry of a legend that stands for no line of the figure."""
    from matplotlib.lines import Line2D

    return Line2D([], [], label=words, **look)


def as_svg(drawn: "Figure") -> str:
    """Return a figure to put into a page: text stays text, ids are its own, title and description are read aloud.

    Examples
    --------
    >>> svg = as_svg(figure("auc", "Discrimination", "Nothing yet.", 2.0)[0])
    >>> svg.startswith("<svg"), "<title" in svg, "<image" in svg
    (True, True, False)
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    with style():  # `savefig` would draw, and lay out, everything twice
        FigureCanvasSVG(drawn).print_svg(buffer, metadata={"Date": None})
        drawn.set_layout_engine("none")  # what has found its place stays there: half the time of a PNG after it
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, count=1, flags=re.DOTALL)
    svg = svg.replace("xlink:href", "href").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    svg = re.sub(r"(font(?:-family)?:[^;\"]*?)'DejaVu Sans'[^;\"]*", rf"\g<1>{FONTS}", svg)
    own = drawn.get_gid() or f"figure-{hashlib.sha256(svg.encode()).hexdigest()[:8]}"
    # Every figure numbers its parts from one, so several on a page would share ids.
    svg = re.sub(r' id="([^"]+)"', rf' id="{own}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{own}-\1)", svg)
    svg = re.sub(r' href="#([^"]+)"', rf' href="#{own}-\1"', svg)
    title, words = escape(str(drawn.get_label())), escape(getattr(drawn, "description", ""))
    head = f'<svg role="img" aria-labelledby="{own}-title {own}-words"'
    names = f'<title id="{own}-title">{title}</title>\n<desc id="{own}-words">{words}</desc>'
    return re.sub(r"<svg([^>]*)>", lambda m: f"{head}{m[1]}>\n{names}", svg, count=1).strip()


def remember(drawn: Any, table: pd.DataFrame) -> None:
    """Keep with a figure what it shows, so that it can be written beside it."""
    drawn.data = table


def data_of(drawn: "Figure") -> pd.DataFrame | None:
    """Return what a figure shows, as a table.

    >>> data_of(figure("auc", "Discrimination", "Nothing yet.", 2.0)[0]) is None
    True
    """
    return getattr(drawn, "data", None)


def as_png(drawn: "Figure") -> bytes:
    """Return a figure as PNG at 150 dots per inch, for places that cannot show SVG.

    >>> as_png(figure("auc", "Discrimination", "Nothing yet.", 2.0)[0])[1:4]
    b'PNG'
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    with style():
        drawn.set_dpi(150)
        drawn.set_facecolor("white")
        FigureCanvasAgg(drawn).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()
