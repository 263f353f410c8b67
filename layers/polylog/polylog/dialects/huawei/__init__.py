"""What Huawei Cloud's APIs DWS and Cloud Eye have in common. This is not a dialect.

`gateway` is the API gateway in front of both: credentials, its own errors, and request ids.
`members` reads and renders what the event objects of both have: times, and optional members.
"""
