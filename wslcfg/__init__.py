"""wslcfg: the right memory for WSL2, with a way back."""

__version__ = "0.1.0"
