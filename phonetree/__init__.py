"""phonetree: a telephone tree for a confidential helpline."""

__version__ = "0.2.0"
