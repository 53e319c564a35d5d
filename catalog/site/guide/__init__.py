"""The documentation below ``/docs/``: what programs can ask of this catalog, from the running product.

Which fields and parameters there are is read from the API's own description, examples come from what is published; what people
read about them is written here, once for all languages.
"""
