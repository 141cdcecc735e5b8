"""Every event, durable before it is acted on."""
