"""One reader per format: documents as models and price lists of the catalog (``drafts``)."""
