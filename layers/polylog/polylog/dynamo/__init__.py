"""Events, counts and access keys in DynamoDB, and all that is asked of it."""
