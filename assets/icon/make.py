#!/usr/bin/env python3
"""Draws the program's icon: a picture as a grid of patches, a few of them alight. Needs Pillow; writes the PNGs and the SVG here."""
from pathlib import Path
from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent
GROUND, DIM = "#1b1f27", "#333b49"
# Brightness of the patches, row by row: a lit diagonal cluster.
PATCHES = [
    [None, None, "#ffb84d", None],
    [None, "#ffd58a", "#fff3d6", "#ffb84d"],
    [None, "#c9822a", "#ffb84d", None],
    ["#8a5a1e", None, None, None],
]
SIDE, MARGIN, GAP, RADIUS = 256, 34, 8, 56


def boxes():
    cell = (SIDE - 2 * MARGIN - 3 * GAP) / 4
    for row in range(4):
        for column in range(4):
            x, y = MARGIN + column * (cell + GAP), MARGIN + row * (cell + GAP)
            yield x, y, cell, PATCHES[row][column] or DIM


def png(side, zoom=4):
    scale = side * zoom / SIDE
    image = Image.new("RGBA", (side * zoom, side * zoom))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle([0, 0, side * zoom - 1, side * zoom - 1], RADIUS * scale, fill=GROUND)
    for x, y, cell, color in boxes():
        draw.rounded_rectangle([v * scale for v in (x, y, x + cell, y + cell)], 9 * scale, fill=color)
    image.resize((side, side), Image.LANCZOS).save(HERE / f"patchlight-{side}.png")


def svg():
    parts = [f'<rect width="{SIDE}" height="{SIDE}" rx="{RADIUS}" fill="{GROUND}"/>']
    parts += [f'<rect x="{x:g}" y="{y:g}" width="{c:g}" height="{c:g}" rx="9" fill="{color}"/>' for x, y, c, color in boxes()]
    body = "\n  ".join(parts)
    (HERE / "patchlight.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">\n  {body}\n</svg>\n')


for side in (16, 32, 48, 64, 128, 256):
    png(side)
svg()
