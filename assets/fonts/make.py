#!/usr/bin/env python3
"""Cuts the window's fonts down to what it shows.

Inter (SIL Open Font License 1.1) is the text font, Phosphor (MIT) the icon font; their licences lie beside them.
    pip install fonttools
    python3 make.py Inter-Regular.otf Inter-SemiBold.otf Phosphor.ttf codepoints.rs
`codepoints.rs` is the list of names that Phosphor's egui package brings. Writes the subsets here and src/app/icons.rs.
"""
import re
import sys
from pathlib import Path
from fontTools import subset

HERE = Path(__file__).resolve().parent
# Latin with its extensions, Greek, Cyrillic, punctuation, currency, arrows, mathematical signs.
TEXT = "U+0020-024F,U+0370-03FF,U+0400-04FF,U+1E00-1EFF,U+2010-2027,U+2030-205E,U+2070-2094,U+20A0-20BF,U+2100-214F,U+2190-21FF,U+2200-22FF,U+25A0-25FF,U+2318,U+21E7,U+2325"
ICONS = """HOUSE IMAGES IMAGE GRADUATION_CAP CHART_BAR TAG GEAR_SIX INFO MAGNIFYING_GLASS X CHECK CHECK_CIRCLE WARNING
WARNING_CIRCLE PLAY PAUSE STOP ARROW_COUNTER_CLOCKWISE ARROW_CLOCKWISE FOLDER_OPEN FOLDER_PLUS FILE CARET_LEFT CARET_RIGHT
CARET_DOWN CARET_UP PLUS MINUS FUNNEL SORT_ASCENDING SLIDERS EYE EYE_SLASH QUESTION KEYBOARD MOON SUN DESKTOP CPU GRAPHICS_CARD
LIST SIDEBAR_SIMPLE GRID_FOUR ARROWS_OUT ARROWS_IN COPY TRASH PENCIL_SIMPLE CLOCK CLOCK_COUNTER_CLOCKWISE DOWNLOAD_SIMPLE
UPLOAD_SIMPLE TERMINAL_WINDOW COMMAND SPARKLE CROSSHAIR FIRE X_CIRCLE ARROW_RIGHT ARROW_LEFT ARROW_UP ARROW_DOWN FLOPPY_DISK LIGHTNING FLASK PUSH_PIN
CUBE STACK DOTS_THREE ARROW_SQUARE_OUT LOCK SEAL_CHECK CIRCLE CIRCLE_HALF PALETTE""".split()


def cut(source, target, **options):
    arguments = [str(source), f"--output-file={target}", "--layout-features=kern,liga,tnum,calt,mark,mkmk"]
    arguments += [f"--{name}={value}" for name, value in options.items()]
    subset.main(arguments)
    print(target.name, target.stat().st_size)


def main(regular, semibold, phosphor, codepoints):
    cut(regular, HERE / "Inter-Regular.otf", unicodes=TEXT)
    cut(semibold, HERE / "Inter-SemiBold.otf", unicodes=TEXT)
    known = dict(re.findall(r'pub const (\w+): &str = "\\u\{(\w+)\}"', Path(codepoints).read_text()))
    missing = [name for name in ICONS if name not in known]
    assert not missing, missing
    cut(phosphor, HERE / "Phosphor.ttf", unicodes=",".join("U+" + known[name] for name in ICONS))
    lines = ["//! Icons of the Phosphor font, written by `assets/fonts/make.py`.", ""]
    for name in sorted(set(ICONS)):
        words = name.lower().replace("_", " ")
        lines += [f"/// A {words}.", f'pub const {name}: &str = "\\u{{{known[name].lower()}}}";']
    (HERE.parent.parent / "src/app/icons.rs").write_text("\n".join(lines) + "\n")


main(*sys.argv[1:])
