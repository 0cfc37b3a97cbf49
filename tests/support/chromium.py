"""The system's Chromium. Tests that need it are marked `browser`."""

import shutil

CHROMIUM = shutil.which("chromium")
MISSING = "Chromium is not installed: apt-get install chromium"
