"""One reader per format: somebody else's data as models and price lists of the catalog (``drafts``)."""
