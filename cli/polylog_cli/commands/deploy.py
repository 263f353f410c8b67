"""`polylog deploy`: builds the stack and deploys it to AWS, with AWS SAM."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from polylog_cli.commands.options import parse_parameters
from polylog_cli.local.home import DEFAULT_DATA
from polylog_cli.output.console import command, failure, notice

if TYPE_CHECKING:
    from polylog_cli.stack.sam import Sam, Target

_HINT = "NAME=VALUE"

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=VALUE",
        show_default=False,
        help="Parameters of the template, which replace those in samconfig.toml. "
        "After --, give options of `sam deploy`.",
    ),
]
StackName = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The name of the stack; default: that of the environment."),
]
Environment = Annotated[
    str, typer.Option("--env", metavar="NAME", help="The environment in samconfig.toml.")
]
Region = Annotated[
    str | None,
    typer.Option(metavar="REGION", help="The AWS region; default: that of your AWS settings."),
]
To = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Deploy nothing: write the template, functions and layer into this new folder.",
    ),
]


def deploy(
    words: Words = None,
    stack: StackName = None,
    environment: Environment = "default",
    region: Region = None,
    to: To = None,
) -> None:
    """Build the stack and deploy it to AWS.

    It runs `sam build` and `sam deploy`, and needs make and an AWS account.
    In a checkout, or a folder that --to wrote, it deploys what is there.
    In any other folder, it deploys what this command brings along.
    """
    given = words or []
    texts = list(takewhile(lambda word: not word.startswith("-"), given))
    parameters = parse_parameters(texts, _HINT)
    if to is not None:
        if given:
            raise typer.BadParameter(
                f"{given[0]}: --to deploys nothing; give it to `deploy` in that folder",
                param_hint=_HINT,
            )
        _write(to)
        return
    _check(parameters)
    _deploy(parameters, given[len(texts) :], stack, environment, region)


def _write(folder: Path) -> None:
    from polylog_cli.stack import project

    try:
        project.write(folder)
    except project.ProjectError as error:
        raise failure(str(error), "give a new folder") from error
    notice(f"{folder} has the template, functions and layer. To deploy from there:")
    print(f"cd {quote(str(folder))} && {command('deploy')}")


def _deploy(
    parameters: dict[str, str],
    options: list[str],
    stack: str | None,
    environment: str,
    region: str | None,
) -> None:
    from polylog_cli.stack.sam import NoSamError, Sam, SamError, Target

    try:
        sam = Sam.find()
        target = Target.of(_folder(), environment, stack, region)
    except NoSamError as error:
        hint = "uvx --from 'polylog-events[deploy]' polylog-events deploy"
        raise failure(str(error), f"install it, or run: {hint}") from error
    except SamError as error:
        raise failure(str(error)) from error
    _require_account(target, options)
    _require_read_shards(target, parameters)
    _build_and_deploy(sam, target, parameters, options)
    _tell_next(target)


def _folder() -> Path:
    """Return the folder to build: this one if it is a project, or a copy of the installed one."""
    from polylog_cli.stack import project

    if project.is_project(Path()):
        return Path()
    folder = DEFAULT_DATA / "project"
    try:
        DEFAULT_DATA.mkdir(mode=0o700, exist_ok=True)
        project.renew(folder)
    except project.ProjectError as error:
        raise failure(str(error)) from error
    notice(f"The template, functions and layer are in {folder}")
    return folder


def _check(parameters: dict[str, str]) -> None:
    """End the command if CloudFormation would refuse a parameter, or SAM would ignore it."""
    from polylog_cli.local.template import ParameterError, TemplateError, check_parameters
    from polylog_cli.stack import project

    try:
        check_parameters(project.template(), parameters)
    except ParameterError as error:
        raise typer.BadParameter(str(error), param_hint=_HINT) from error
    except TemplateError as error:
        raise failure(str(error)) from error


def _require_account(target: Target, options: list[str]) -> None:
    """End the command without a region or credentials: SAM would miss them after a long build."""
    import boto3
    from botocore.exceptions import BotoCoreError

    named = {each.partition("=")[0].removeprefix("--") for each in options} | target.settings
    if "profile" in named:  # Only SAM knows which one.
        return
    try:
        session = boto3.Session()
        has_region = bool(target.region or session.region_name) or "region" in named
        has_credentials = session.get_credentials() is not None
    except BotoCoreError as error:
        raise failure(f"your AWS settings cannot be used: {error}") from error
    if not has_region:
        raise failure("no AWS region is set", "give --region, or set AWS_DEFAULT_REGION")
    if not has_credentials:
        raise failure("there are no AWS credentials", "set AWS_PROFILE, or run `aws configure`")


def _require_read_shards(target: Target, parameters: dict[str, str]) -> None:
    """End the command if more shards would be written than are read.

    A parameter that you do not give keeps the value of the stack. A new stack has 1 of both.
    """
    from polylog_cli.stack.outputs import StackError, read_outputs

    if "WrittenShards" not in parameters:
        return
    read = parameters.get("IndexShards")
    if read is None:
        try:
            read = read_outputs(target.stack, {"IndexShards"}, target.region)["IndexShards"]
        except StackError:
            read = "1"
    written = parameters["WrittenShards"]
    if int(written) > int(read):
        raise typer.BadParameter(
            f"WrittenShards must be at most IndexShards, which is {read}, not {written}",
            param_hint=_HINT,
        )


def _build_and_deploy(
    sam: Sam, target: Target, parameters: dict[str, str], options: list[str]
) -> None:
    status = sam.build(target) or sam.deploy(target, parameters, *options)
    if status:  # SAM has said why.
        raise typer.Exit(status)


def _tell_next(target: Target) -> None:
    from polylog_cli.stack.outputs import StackError, read_outputs

    try:
        outputs = read_outputs(target.stack, {"Url"}, target.region)
    except StackError as error:  # SAM may have used a profile that only its own options name.
        notice(str(error))
        outputs = {}
    for name, value in sorted(outputs.items()):
        print(f"{name}: {value}")
    notice("Make the first key:")
    region = f"AWS_DEFAULT_REGION={target.region} " if target.region else ""
    granted = ("--scope", "demo", "--permissions", "read,write,admin")
    print(region + command("keys", "create", *granted, "--stack", target.stack))
