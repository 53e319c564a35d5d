"""The facts that a Hugging Face repository states about its model, as values for a new one."""
