"""Every change of the catalog: the list with its filters and exports, one change, undoing it, and the deleted models."""
