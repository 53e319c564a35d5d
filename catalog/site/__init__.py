"""The public site: pages for people, rendered from the published lists, in five languages.

A page is one file here and one template in ``templates/site/``: a subclass of ``page.Page``, and a line in ``urls.PAGES``; in the header
also a line in ``navigation``.
"""
