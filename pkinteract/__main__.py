"""``python -m pkinteract`` is the command ``pkinteract``."""

from pkinteract.cli import main

main(prog_name="pkinteract")
