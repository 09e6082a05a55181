"""The command line: what the commands are, and how they end."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import click

from pkinteract import __version__
from pkinteract.commands.advise import advise
from pkinteract.commands.check import check
from pkinteract.commands.drugs import drugs
from pkinteract.commands.events import events
from pkinteract.commands.fit import fit
from pkinteract.commands.guidance import guidance
from pkinteract.commands.population import population
from pkinteract.commands.qualify import qualify
from pkinteract.commands.rerun import rerun
from pkinteract.commands.run import run
from pkinteract.commands.sensitivity import sensitivity
from pkinteract.interrupts import ending

READER_GONE = 141
"""Exit status of a command whose output nobody reads any more: 128 and the number of SIGPIPE, as a shell has it."""


class _Commands(click.Group):
    """Turns errors into messages and exit statuses: 2 wrong input, 3 solver failed, 130 Ctrl-C, 1 a defect of ours."""

    def make_context(self, *arguments: Any, **named: Any) -> click.Context:
        with ending():
            return super().make_context(*arguments, **named)

    def invoke(self, ctx: click.Context) -> Any:
        with ending():
            from pkinteract.errors import InputError, PkinteractError

            try:
                return super().invoke(ctx)
            except PkinteractError as error:
                click.echo(f"Error: {error}", err=True)
                sys.exit(2 if isinstance(error, InputError) else 3)
            except (click.ClickException, click.Abort, click.exceptions.Exit):
                raise
            except BrokenPipeError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                sys.exit(READER_GONE)
            except Exception as error:  # the one place where a defect of ours becomes a message
                if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                    click.echo(
                        f"Error: the standard output or a temporary file cannot be written: {error.strerror}", err=True
                    )
                    sys.exit(2)
                if os.environ.get("PKINTERACT_DEBUG"):
                    raise
                click.echo(
                    f"Error: a defect in pkinteract ({type(error).__name__}: {error}). "
                    "Run again with PKINTERACT_DEBUG=1 and report the traceback with your scenario.",
                    err=True,
                )
                sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pkinteract")
def main() -> None:
    """Drug levels, day by day, when an interacting drug is started, stopped or switched.

    Decision support for professionals, not a medical device: verify against measured levels.
    """


main.add_command(run)
main.add_command(check)
main.add_command(guidance)
main.add_command(drugs)
main.add_command(events)
main.add_command(fit)
main.add_command(qualify)
main.add_command(population)
main.add_command(advise)
main.add_command(sensitivity)
main.add_command(rerun)
