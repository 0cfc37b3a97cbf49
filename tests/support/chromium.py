"""The system's Chromium. Tests that need it are marked `browser`.

Where Debian's chromium-headless-shell is installed too, most tests run in it: the same version, the same pages, without
windows, tabs and profiles around them, so a page takes a third of the time. What belongs to the whole browser, such as
what it keeps for Back and restores after it was closed, is tested in `WHOLE`.
"""

import shutil

WHOLE = shutil.which("chromium")
CHROMIUM = (WHOLE and shutil.which("chromium-headless-shell")) or WHOLE
MISSING = "Chromium is not installed: apt-get install chromium"
