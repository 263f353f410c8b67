"""A log on this machine: the real functions and tables, without AWS.

`service` puts `polylog run` together, and watches its parts. It reads `template`, starts `dynamodb`
(DynamoDB Local or moto), and creates the `tables` there. `gateway` passes HTTP requests to the
Lambda handlers, as API Gateway does. Their `store` keeps what it has acknowledged, and refuses
events while the `disk` is nearly full. In a process of its own, `compaction` wakes the compact
function for new deltas. Events of `sample` fill an empty log. `home` is the data folder: it keeps
the credentials, and says how to reach a service while it runs. From that, `log` opens the tables
for operators' commands.
"""
