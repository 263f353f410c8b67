"""Events, counts and access keys in DynamoDB: the only code that knows boto3."""
