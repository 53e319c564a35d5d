"""Models from outside: uploaded files and Hugging Face repositories."""
