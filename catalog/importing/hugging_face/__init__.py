"""What a repository on Hugging Face states of its model, as values for a new one."""
