"""Lambda and API Gateway: the only code that knows their events, and Powertools."""
