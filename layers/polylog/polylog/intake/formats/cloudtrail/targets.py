"""What a call acted on: the member `resources` of a record, or a name among its parameters.

Most records have no `resources`. For each service, `PARAMETERS` lists the parameters that name a
target, the most precise one first, and the target's type as AWS Config and CloudFormation call it.
For other services, some names count that parameters of any service may have. All of this is ours,
after the services' API references.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pydantic import JsonValue

from polylog.intake.formats.cloudtrail.arns import last_part
from polylog.intake.records import member, text
from polylog.model.event import is_key

PARAMETERS: Final[Mapping[str, Mapping[str, str]]] = {
    "acm": {"certificateArn": "AWS::CertificateManager::Certificate"},
    "apigateway": {"restApiId": "AWS::ApiGateway::RestApi", "apiId": "AWS::ApiGatewayV2::Api"},
    "autoscaling": {
        "autoScalingGroupName": "AWS::AutoScaling::AutoScalingGroup",
        "launchConfigurationName": "AWS::AutoScaling::LaunchConfiguration",
    },
    "cloudformation": {
        "stackName": "AWS::CloudFormation::Stack",
        "stackSetName": "AWS::CloudFormation::StackSet",
    },
    "cloudfront": {"id": "AWS::CloudFront::Distribution"},
    "cloudtrail": {
        "name": "AWS::CloudTrail::Trail",
        "trailName": "AWS::CloudTrail::Trail",
        "eventDataStore": "AWS::CloudTrail::EventDataStore",
    },
    "dynamodb": {"tableName": "AWS::DynamoDB::Table", "tableArn": "AWS::DynamoDB::Table"},
    "ec2": {
        "instanceId": "AWS::EC2::Instance",
        "volumeId": "AWS::EC2::Volume",
        "snapshotId": "AWS::EC2::Snapshot",
        "imageId": "AWS::EC2::Ami",
        "groupId": "AWS::EC2::SecurityGroup",
        "networkInterfaceId": "AWS::EC2::NetworkInterface",
        "subnetId": "AWS::EC2::Subnet",
        "routeTableId": "AWS::EC2::RouteTable",
        "natGatewayId": "AWS::EC2::NatGateway",
        "internetGatewayId": "AWS::EC2::InternetGateway",
        "networkAclId": "AWS::EC2::NetworkAcl",
        "allocationId": "AWS::EC2::EIP",
        "keyName": "AWS::EC2::KeyPair",
        "vpcId": "AWS::EC2::VPC",
        "groupName": "AWS::EC2::SecurityGroup",
    },
    "ecr": {"repositoryName": "AWS::ECR::Repository"},
    "ecs": {
        "service": "AWS::ECS::Service",
        "taskDefinition": "AWS::ECS::TaskDefinition",
        "cluster": "AWS::ECS::Cluster",
        "clusterName": "AWS::ECS::Cluster",
    },
    "eks": {"clusterName": "AWS::EKS::Cluster", "name": "AWS::EKS::Cluster"},
    "elasticloadbalancing": {
        "loadBalancerArn": "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "loadBalancerName": "AWS::ElasticLoadBalancing::LoadBalancer",
        "targetGroupArn": "AWS::ElasticLoadBalancingV2::TargetGroup",
        "listenerArn": "AWS::ElasticLoadBalancingV2::Listener",
    },
    "events": {"name": "AWS::Events::Rule", "rule": "AWS::Events::Rule"},
    "iam": {
        "userName": "AWS::IAM::User",
        "roleName": "AWS::IAM::Role",
        "groupName": "AWS::IAM::Group",
        "instanceProfileName": "AWS::IAM::InstanceProfile",
        "policyArn": "AWS::IAM::Policy",
        "policyName": "AWS::IAM::Policy",
        "accessKeyId": "AWS::IAM::AccessKey",
    },
    "kinesis": {"streamName": "AWS::Kinesis::Stream", "streamARN": "AWS::Kinesis::Stream"},
    "kms": {"keyId": "AWS::KMS::Key", "aliasName": "AWS::KMS::Alias"},
    "lambda": {"functionName": "AWS::Lambda::Function", "layerName": "AWS::Lambda::LayerVersion"},
    "logs": {"logGroupName": "AWS::Logs::LogGroup"},
    "rds": {
        "dBInstanceIdentifier": "AWS::RDS::DBInstance",
        "dBClusterIdentifier": "AWS::RDS::DBCluster",
        "dBSnapshotIdentifier": "AWS::RDS::DBSnapshot",
    },
    "route53": {"hostedZoneId": "AWS::Route53::HostedZone"},
    "s3": {"bucketName": "AWS::S3::Bucket"},
    "secretsmanager": {
        "secretId": "AWS::SecretsManager::Secret",
        "name": "AWS::SecretsManager::Secret",
    },
    "sns": {"topicArn": "AWS::SNS::Topic", "name": "AWS::SNS::Topic"},
    "sqs": {"queueUrl": "AWS::SQS::Queue", "queueName": "AWS::SQS::Queue"},
    "ssm": {"name": "AWS::SSM::Parameter", "documentName": "AWS::SSM::Document"},
    "states": {
        "stateMachineArn": "AWS::StepFunctions::StateMachine",
        "name": "AWS::StepFunctions::StateMachine",
    },
    "sts": {"roleArn": "AWS::IAM::Role"},
}

_ANY_SERVICE: Final = (
    *("resourceArn", "resourceARN", "ResourceArn", "arn", "resourceId", "ResourceId"),
    *("resourceName", "name", "id"),
)
_SETS: Final = ("instancesSet", "volumeSet", "snapshotSet", "groupSet")
"""As in `{"instancesSet": {"items": [{"instanceId": ...}]}}`."""

_DOMAIN: Final = ".amazonaws.com"


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that a call acted on. If no ARN is known, `arn` is the name or id."""

    arn: str | None = None
    type: str | None = None

    @property
    def name(self) -> str | None:
        """What a person would call it."""
        return last_part(self.arn) if self.arn else None

    def entity(self) -> dict[str, str | None]:
        """Return the event's target; the id is left out if it is too long for an index."""
        id = self.arn if is_key(self.arn) else None
        return {"id": id, "type": self.type, "name": self.name}


def resources_of(record: JsonValue) -> tuple[Resource, ...]:
    """Return what a call acted on, the target first: its `resources`, or what parameters name."""
    return _listed(record) or _named(record)


def _listed(record: JsonValue) -> tuple[Resource, ...]:
    """Return the `resources` of a record: those with an ARN first, in their order."""
    found = [
        Resource(text(each, "ARN"), text(each, "type")) for each in _items(record, "resources")
    ]
    known = (each for each in found if each != Resource())
    return tuple(sorted(known, key=lambda each: each.arn is None))


def _named(record: JsonValue) -> tuple[Resource, ...]:
    """Return what the most precise parameter names; several if it is in a set of items.

    Often only `responseElements` name what a call made, such as the instances of RunInstances.
    """
    parameters = member(record, "requestParameters")
    places = [*_places(parameters), *_places(member(record, "responseElements"))]
    service = (text(record, "eventSource") or "").removesuffix(_DOMAIN)
    for name, type in PARAMETERS.get(service, {}).items():
        for place in places:
            if found := tuple(Resource(id, type) for each in place if (id := text(each, name))):
                return found
    names = filter(None, (text(parameters, name) for name in _ANY_SERVICE))
    return tuple(map(Resource, islice(names, 1)))


def _places(elements: JsonValue) -> Iterator[Sequence[JsonValue]]:
    """Yield the objects that may have names: the object itself, or all items of an EC2 set."""
    yield (elements,)
    for name in _SETS:
        yield _items(elements, name, "items")


def _items(record: JsonValue, *path: str) -> Sequence[JsonValue]:
    found = member(record, *path)
    return found if isinstance(found, list) else ()
