"""The page that shows what the tour brought back."""

from html import escape
from pathlib import Path
from typing import Any

_PICTURES = (
    ("photo.png", "The photograph"),
    ("warped.png", "warp-perspective: seen at an angle"),
    ("warped-roi.png", "The same request with a region of interest"),
    ("relief.png", "convolve: a relief"),
    ("depth-source.png", "A depth map: near is warm, no reading is black"),
    ("depth-reprojected.png", "reproject-depth: 35 cm to the right, turned by 9°"),
    ("epipolar-lines.png", "fundamental: points of one view as lines in the other"),
)
_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Epipole: what the demo did</title><style>
body { margin: 2rem auto; max-width: 68rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1b2330; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1.25rem; }
figure { margin: 0; } figure:last-child { grid-column: span 2; } img { width: 100%; border-radius: 6px; background:
#eef1f5; } figcaption { color: #5b6675; font-
size: 0.9rem; }
table { border-collapse: collapse; margin: 1.5rem 0; } td, th { text-align: left; padding: 0.35rem 1rem 0.35rem 0;
border-bottom: 1px solid #d9dee6; }
td:first-child { white-space: nowrap; }
td:nth-child(2) { text-align: right; white-space: nowrap; }
</style></head><body><h1>What the demo did</h1>"""


def write_page(output: Path, figures: dict[str, Any]) -> None:
    """Write index.html beside the pictures."""
    rows = [
        f"<tr><td><code>{escape(name)}</code></td><td>{entry['milliseconds']} "
        f"ms</td><td>{escape(entry['summary'])}</td></tr>"
        for name, entry in figures.items()
        if isinstance(entry, dict)
    ]
    shown = [
        f'<figure><img src="{name}" alt="{escape(caption)}"><figcaption>{escape(caption)}</figcaption></figure>'
        for name, caption in _PICTURES
        if (output / name).is_file()
    ]
    table = "<table><tr><th>operation</th><th>time over HTTP</th><th>what</th></tr>" + "".join(rows) + "</table>"
    (output / "index.html").write_text(
        _HEAD + table + f'<div class="pictures">{"".join(shown)}</div></body></html>\n', encoding="utf-8"
    )
