"""The server in front of Django.

Requests are read and answers are written by the event loop, so that no thread waits for a client. Whole lists, and other earlier
answers that are still right, are sent from memory. Django answers the rest in a bounded number of threads, which the clients'
addresses share fairly.
"""
