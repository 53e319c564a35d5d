"""The documentation below ``/docs/``: what programs can read from this catalog, made from the running product.

Fields and parameters come from the API's own OpenAPI document, and examples from the published lists; the explanations are written
here, once for all languages.
"""
