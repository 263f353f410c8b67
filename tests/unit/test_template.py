"""What the local runner reads from template.yaml."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from polylog.dynamo.tables import OPTIONAL_INDEXES
from polylog_cli.local.template import Function, ParameterError, Template, TemplateError
from tools import ROOT

SMALL = """
Parameters:
  Colour: {Type: String, Default: red}
  Size: {Type: Number}
Globals:
  Function:
    CodeUri: functions
    Environment:
      Variables: {COLOUR: !Ref Colour, TABLE: {Ref: Things}}
Resources:
  Things:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
  Queue:
    Type: AWS::SQS::Queue
  Paint:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: painting
      Handler: easel.brush.paint
      Policies: [!Sub "${Things.Arn}/*"]
      Environment:
        Variables: {COLOUR: blue, COATS: 2}
      Events:
        Brush: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: any, Path: /paint}}
        Order: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
  Api:
    Type: AWS::Serverless::HttpApi
"""


@pytest.fixture(scope="module")
def template() -> Template:
    return Template.read(ROOT / "template.yaml")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(SMALL, "utf-8")
    return path


def with_name(template: Template, name: str) -> Function:
    return next(function for function in template.functions if function.name == name)


def key_names(keys: list[dict[str, str]], key_type: str) -> list[str]:
    return [key["AttributeName"] for key in keys if key["KeyType"] == key_type]


def all_keys(table: dict[str, Any]) -> list[dict[str, str]]:
    indexes = table.get("GlobalSecondaryIndexes", [])
    return [*table["KeySchema"], *(key for index in indexes for key in index["KeySchema"])]


@pytest.mark.parametrize(
    ("table", "partition", "sort"),
    [
        ("EventsTable", ["pk"], []),
        ("TallyTable", ["scope"], ["row"]),
        ("KeysTable", ["key_id"], []),
    ],
)
def test_a_table_has_these_keys(
    template: Template, table: str, partition: list[str], sort: list[str]
) -> None:
    keys = template.tables[table]["KeySchema"]
    assert (key_names(keys, "HASH"), key_names(keys, "RANGE")) == (partition, sort)


@pytest.mark.parametrize(
    ("table", "index", "partition", "sort"),
    [
        ("EventsTable", "by_time", ["scope", "shard"], ["time", "seq"]),
        ("EventsTable", "by_type", ["scope", "type", "shard"], ["time", "seq"]),
        ("EventsTable", "by_actor", ["scope", "actor_id", "shard"], ["time", "seq"]),
        ("EventsTable", "by_target", ["scope", "target_id", "shard"], ["time", "seq"]),
        ("EventsTable", "by_project", ["scope", "project_id", "shard"], ["time", "seq"]),
        ("EventsTable", "by_organization", ["scope", "organization_id", "shard"], ["time", "seq"]),
        ("KeysTable", "by_scope", ["scope"], ["key_id"]),
    ],
)
def test_an_index_has_these_keys_and_holds_whole_items(
    template: Template, table: str, index: str, partition: list[str], sort: list[str]
) -> None:
    indexes = {
        entry["IndexName"]: entry for entry in template.tables[table]["GlobalSecondaryIndexes"]
    }
    keys = indexes[index]["KeySchema"]
    assert (key_names(keys, "HASH"), key_names(keys, "RANGE")) == (partition, sort)
    assert indexes[index]["Projection"] == {"ProjectionType": "ALL"}


def test_there_are_no_other_tables_and_indexes(template: Template) -> None:
    sizes = {
        name: len(table.get("GlobalSecondaryIndexes", ()))
        for name, table in template.tables.items()
    }
    assert sizes == {"EventsTable": 6, "TallyTable": 0, "KeysTable": 1}


SUBSETS = [
    names
    for number in range(len(OPTIONAL_INDEXES) + 1)
    for names in combinations(OPTIONAL_INDEXES, number)
]


@pytest.mark.parametrize("names", SUBSETS, ids=",".join)
def test_a_log_has_the_named_indexes_and_those_by_time_and_type(
    names: tuple[str, ...],
) -> None:
    template = Template.read(ROOT / "template.yaml", {"FieldIndexes": ",".join(names)})
    table = template.tables["EventsTable"]
    made = {index["IndexName"] for index in table["GlobalSecondaryIndexes"]}
    assert made == {"by_time", "by_type", *(f"by_{name}" for name in names)}
    defined = {one["AttributeName"] for one in table["AttributeDefinitions"]}
    assert defined == {key["AttributeName"] for key in all_keys(table)}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("IndexShards", "two", "IndexShards must be a whole number, not 'two'"),
        ("IndexShards", "", "IndexShards must be a whole number, not ''"),
        ("IndexShards", "1.5", "IndexShards must be a whole number, not '1.5'"),
        ("IndexShards", "0", "IndexShards must be from 1 to 32, not 0"),
        ("IndexShards", "33", "IndexShards must be from 1 to 32, not 33"),
        ("RetentionDays", "-1", "RetentionDays must be from 0 to 36500, not -1"),
        ("ReadBudgetUnits", "99", "ReadBudgetUnits must be at least 100, not 99"),
        ("LogLevel", "LOUD", "LogLevel must be one of INFO, WARN, ERROR, not 'LOUD'"),
        ("LogRetentionDays", "2", "LogRetentionDays must be one of 1, 3, 5, "),
        ("TalliedFacets", "colour", "TalliedFacets must match "),
        ("Colour", "red", "the template has no parameter Colour"),
    ],
)
def test_a_value_that_cloudformation_would_refuse_is_refused(
    name: str, value: str, said: str
) -> None:
    with pytest.raises(ParameterError) as raised:
        Template.read(ROOT / "template.yaml", {name: value})
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize("text", ["", "a: b", "- a", "Resources: 5", "Resources: [a]"])
def test_a_file_without_resources_is_not_a_template(tmp_path: Path, text: str) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(text)
    with pytest.raises(TemplateError, match="has no Resources"):
        Template.read(file)


@pytest.mark.parametrize("names", ["colour", "actor,", "actor,colour", "actors"])
def test_an_index_of_anything_else_is_refused(names: str) -> None:
    with pytest.raises(TemplateError, match=f"FieldIndexes must match .*'{names}' does not"):
        Template.read(ROOT / "template.yaml", {"FieldIndexes": names})


def test_shard_time_and_seq_are_the_only_numbers(template: Template) -> None:
    definitions = template.tables["EventsTable"]["AttributeDefinitions"]
    numbers = {one["AttributeName"] for one in definitions if one["AttributeType"] == "N"}
    assert numbers == {"shard", "time", "seq"}


def test_the_attributes_of_keys_and_no_others_are_defined(template: Template) -> None:
    """DynamoDB refuses a table that defines more."""
    for table in template.tables.values():
        defined = [one["AttributeName"] for one in table["AttributeDefinitions"]]
        assert sorted(defined) == sorted({key["AttributeName"] for key in all_keys(table)})


def test_every_table_is_a_valid_create_table_request(template: Template) -> None:
    model = botocore.session.get_session().get_service_model("dynamodb")
    shape = model.operation_model("CreateTable").input_shape
    assert shape is not None
    reports = {
        name: ParamValidator().validate(table, shape).generate_report()
        for name, table in template.tables.items()
    }
    assert reports == {"EventsTable": "", "TallyTable": "", "KeysTable": ""}


def test_every_route_leads_to_its_function(template: Template) -> None:
    assert {function.name: function.routes for function in template.functions} == {
        "CloudFoundryFunction": (
            "/cf",
            "/cf/{proxy+}",
            "/cloudfoundry",
            "/cloudfoundry/{proxy+}",
        ),
        "CloudTrailFunction": (
            "POST /",
            "/cloudtrail",
            "/cloudtrail/{proxy+}",
            "/aws",
            "/aws/{proxy+}",
        ),
        "CedanaFunction": (
            "/v2/events",
            "/v2/events/{proxy+}",
            "/cedana",
            "/cedana/{proxy+}",
        ),
        "WaldurFunction": ("/api", "/api/{proxy+}", "/waldur", "/waldur/{proxy+}"),
        "DwsFunction": ("/v2/{proxy+}", "/dws", "/dws/{proxy+}"),
        "CesFunction": ("/V1.0/{proxy+}", "/ces", "/ces/{proxy+}"),
        "EventsFunction": ("/v1/{proxy+}", "$default"),
        "CompactFunction": (),
        "IngestFunction": (),
        "ImportFunction": (),
    }


def test_no_route_ends_in_a_slash(template: Template) -> None:
    """HTTP APIs leave such routes out silently; only the root may end in one."""
    paths = [path for function in template.functions for path in function.routes]
    assert [path for path in paths if path.endswith("/") and path != "POST /"] == []


def test_functions_get_the_settings_as_strings(template: Template) -> None:
    assert with_name(template, "EventsFunction").environment == {
        "EVENTS_TABLE": "EventsTable",
        "TALLY_TABLE": "TallyTable",
        "INDEX_SHARDS": "1",
        "WRITTEN_SHARDS": "1",
        "RETENTION_DAYS": "0",
        "TALLIED_FACETS": "organization,project",
        "FIELD_INDEXES": "target,actor,project,organization",
        "READ_BUDGET_UNITS": "20000",
        "READ_BUDGET_SECONDS": "10",
        "POWERTOOLS_SERVICE_NAME": "polylog",
        "POWERTOOLS_METRICS_NAMESPACE": "Polylog",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        "KEYS_TABLE": "KeysTable",
        "PEPPER_SECRET": "PepperSecret",
    }


def test_functions_without_callers_know_no_keys(template: Template) -> None:
    known = {
        function.name
        for function in template.functions
        if function.environment.keys() & {"KEYS_TABLE", "PEPPER_SECRET"}
    }
    assert known == {function.name for function in template.functions if function.routes}


def test_functions_of_queues_know_when_to_give_up_and_where(template: Template) -> None:
    names = ("DEAD_LETTER_QUEUE", "MAX_RECEIVES", "INGEST_SCOPE")
    told = {
        name: [with_name(template, name).environment.get(each) for each in names]
        for name in ("IngestFunction", "ImportFunction")
    }
    assert told == {
        "IngestFunction": ["DeadLetterQueue", "5", "default"],
        "ImportFunction": ["DeadLetterQueue", "5", "default"],
    }


def test_a_handler_is_a_module_of_the_functions_folder_and_an_attribute(template: Template) -> None:
    function = with_name(template, "CloudFoundryFunction")
    assert (function.code_uri, function.module, function.attribute) == (
        ROOT / "functions",
        "cloudfoundry",
        "handler",
    )


def test_code_is_found_from_any_working_directory(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small.parent)
    function = with_name(Template.read(Path("template.yaml")), "Paint")
    assert function.code_uri == small.parent / "painting"


def test_a_handler_may_be_in_a_package(small: Path) -> None:
    function = with_name(Template.read(small), "Paint")
    assert (function.module, function.attribute) == ("easel.brush", "paint")


def test_a_functions_own_settings_override_globals(small: Path) -> None:
    environment = with_name(Template.read(small), "Paint").environment
    assert environment == {"COLOUR": "blue", "TABLE": "Things", "COATS": "2"}


def test_only_http_events_are_routes(small: Path) -> None:
    assert with_name(Template.read(small), "Paint").routes == ("/paint",)


def test_a_functions_own_memory_overrides_the_common_one(template: Template) -> None:
    memory = {function.name: function.memory_mb for function in template.functions}
    assert memory.pop("CompactFunction") == 512
    assert set(memory.values()) == {1024}


def test_a_given_parameter_overrides_its_default() -> None:
    template = Template.read(ROOT / "template.yaml", {"IndexShards": "4"})
    assert with_name(template, "EventsFunction").environment["INDEX_SHARDS"] == "4"


def test_an_unknown_parameter_is_refused(small: Path) -> None:
    with pytest.raises(TemplateError, match="no parameter Taste"):
        Template.read(small, {"Taste": "sweet"})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"cannot read the template.*nowhere\.yaml"):
        Template.read(tmp_path / "nowhere.yaml")


def test_text_that_is_not_yaml_is_refused(small: Path) -> None:
    small.write_text("Resources: [", "utf-8")
    with pytest.raises(TemplateError, match="cannot read the template"):
        Template.read(small)


@pytest.mark.parametrize("value", ['!Sub "${Things}"', '{"Fn::Sub": "${Things}"}'])
def test_an_unsupported_function_is_named(small: Path, value: str) -> None:
    small.write_text(SMALL.replace("COATS: 2", f"COATS: {value}"), "utf-8")
    with pytest.raises(TemplateError, match="Fn::Sub is not supported"):
        Template.read(small)


@pytest.mark.parametrize("name", ["Size", "AWS::Region"])
def test_a_reference_without_a_value_is_named(small: Path, name: str) -> None:
    small.write_text(SMALL.replace("COATS: 2", f"COATS: !Ref {name}"), "utf-8")
    with pytest.raises(TemplateError, match=f"Ref {name}"):
        Template.read(small)


def test_a_route_may_be_for_one_method(small: Path) -> None:
    small.write_text(SMALL.replace("Method: any", "Method: post"), "utf-8")
    assert with_name(Template.read(small), "Paint").routes == ("POST /paint",)


@pytest.mark.parametrize("path", ['"/paint/{proxy+}"', "$default"])
def test_a_route_for_one_method_and_many_paths_is_refused(small: Path, path: str) -> None:
    text = SMALL.replace("Method: any, Path: /paint", f"Method: get, Path: {path}")
    small.write_text(text, "utf-8")
    with pytest.raises(TemplateError, match="Paint: only ANY method can have the route"):
        Template.read(small)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "none"),
        ("*", "any"),
        ("https://a.example.com,http://b:80", "https://a.example.com,http://b:80"),
    ],
)
def test_the_stage_tells_functions_whose_pages_may_use_the_apis(given: str, told: str) -> None:
    template = Template.read(ROOT / "template.yaml", {"CorsOrigins": given})
    assert template.stage_variables["CorsOrigins"] == told


@pytest.mark.parametrize("given", ["a.example.com", "https://a/", "https://A", "*,https://a", "a,"])
def test_anything_that_no_browser_calls_an_origin_is_refused(given: str) -> None:
    with pytest.raises(ParameterError, match="CorsOrigins must name origins like"):
        Template.read(ROOT / "template.yaml", {"CorsOrigins": given})
