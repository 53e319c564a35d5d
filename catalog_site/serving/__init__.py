"""The server in front of Django.

Requests are read and answers are written by the event loop, so that no thread waits for a client. Whole lists, and whatever
else has been answered before and is still right, are sent from memory. The rest is run by Django in a bounded number of threads,
for which addresses wait in turn.
"""
