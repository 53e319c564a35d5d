"""OpenRouter's rules and behaviour."""
