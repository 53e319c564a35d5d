"""What is known of OpenRouter's side."""
