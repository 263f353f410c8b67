"""`polylog run`: serves a log on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from polylog.model.errors import Unavailable
from polylog_cli.commands.options import parse_parameters, parse_scope
from polylog_cli.local.home import DEFAULT_DATA
from polylog_cli.output.console import failure


def parse_engine(text: str) -> str:
    """Read which DynamoDB to use."""
    if text not in ("local", "moto") and not re.fullmatch(r"https?://[^/\s]+/?", text):
        raise typer.BadParameter("give local, moto, or a URL like http://127.0.0.1:8000")
    return text


Port = Annotated[
    int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")
]
Engine = Annotated[
    str,
    typer.Option(
        parser=parse_engine,
        metavar="local|moto|URL",
        help="local: DynamoDB Local. moto: in memory, for tests, without samples, if installed. "
        "URL: a DynamoDB that runs already.",
    ),
]
Memory = Annotated[
    bool,
    typer.Option(
        "--memory",
        help="Keep events in memory alone. Then the data folder only holds the credentials, "
        "until the service stops.",
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="The folder for events and credentials; "
        "default: .polylog, with --memory a temporary one.",
    ),
]
Scope = Annotated[
    str,
    typer.Option(
        parser=parse_scope,
        metavar="SCOPE",
        help="The scope that the printed key opens. Each scope is a log of its own.",
    ),
]
Sample = Annotated[bool, typer.Option(help="Load a month of sample events into an empty log.")]
Live = Annotated[bool, typer.Option("--live", help="Add another sample event every few seconds.")]
TemplateFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The template to serve; default: that of this checkout, or the installed one.",
    ),
]
CorsOrigins = Annotated[
    str | None,
    typer.Option(
        metavar="ORIGINS",
        help="Let web pages of these origins use the APIs, like http://localhost:3000; "
        "give several with commas, or * for any. It sets the parameter CorsOrigins.",
    ),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="A parameter of the template, like RetentionDays=30; you may give several.",
    ),
]


def run(
    port: Port = 8080,
    dynamodb: Engine = "local",
    memory: Memory = False,
    data: Folder = None,
    scope: Scope = "demo",
    sample: Sample = True,
    live: Live = False,
    template: TemplateFile = None,
    cors_origins: CorsOrigins = None,
    parameter: Parameters = None,
) -> None:
    """Serve all APIs on this machine, with sample events.

    It prints an address and a key, and stops when you press Ctrl-C.
    It runs the functions of template.yaml over DynamoDB Local, which the
    first start fetches (50 MB). Events stay in the data folder.
    """
    parameters = parse_parameters(parameter or [], "--parameter")
    flags = {} if cors_origins is None else {"CorsOrigins": "--cors-origins"}
    if cors_origins is not None:
        if "CorsOrigins" in parameters:
            raise typer.BadParameter("CorsOrigins is given twice", param_hint="--cors-origins")
        parameters["CorsOrigins"] = cors_origins
    with _failures(dynamodb, data or DEFAULT_DATA), _mistakes(flags):
        from polylog_cli.local import service  # It imports boto3 and waitress.
        from polylog_cli.stack import project

        settings = service.Settings(
            port=port,
            dynamodb=dynamodb,
            memory=memory,
            data=data,
            scope=scope,
            sample=sample,
            live=live,
            template=template or project.template(),
            parameters=parameters,
        )
        service.run(settings)


@contextmanager
def _failures(dynamodb: str, data: Path) -> Iterator[None]:
    """End the command with a message if the service cannot start or go on."""
    from polylog_cli.client.http import ServiceError
    from polylog_cli.local.disk import NoRoom
    from polylog_cli.local.dynamodb import EngineError
    from polylog_cli.local.service import NoDynamoDBError, PortTakenError
    from polylog_cli.local.tables import OutdatedTablesError

    try:
        yield
    except (EngineError, ServiceError) as error:
        raise failure(str(error)) from error
    except NoRoom as error:
        raise failure(f"{error}; make room, or give another folder with --data") from error
    except OutdatedTablesError as error:
        raise failure(f"{error}. Give another folder with --data, or remove {data}.") from error
    except (Unavailable, NoDynamoDBError) as error:
        raise failure(f"DynamoDB ({dynamodb}) does not answer: {error.__cause__}") from error
    except PortTakenError as error:
        raise failure(f"{error}; give another port with --port") from error
    except OSError as error:
        raise failure(f"the data folder {data} cannot be used: {error}") from error


@contextmanager
def _mistakes(flags: Mapping[str, str]) -> Iterator[None]:
    """End the command with a message if the template does not fit what was typed.

    `flags` maps the name of a parameter to the option that sets it.
    """
    from polylog_cli.local.template import ParameterError, TemplateError

    try:
        yield
    except ParameterError as error:
        hint = flags.get(error.name, "--parameter")
        raise typer.BadParameter(str(error), param_hint=hint) from error
    except TemplateError as error:
        hint = "without --template, the installed one is served"
        raise failure(str(error), hint) from error
