"""What app.py prints, in English."""

SHARE_FAILED = "The public link could not be made: check the internet connection, or start without --share."
ADDRESS = "The page is at {url}"
PUBLIC_ADDRESS = "Public link:   {url}  (anyone who has it can open the page, for a week at most)"
STOP_HINT = "Press Ctrl+C to stop."
PORT_TAKEN = "Port {port} is in use on {host}: choose another with --port, or leave --port out to take a free one."
NO_FREE_PORT = "No free port was found from {first} on: name one with --port."
PORT_REFUSED = "Port {port} may not be opened by this user: choose one of 1024 or above with --port."
HOST_UNUSABLE = (
    "{host} is not an address of this computer: use 127.0.0.1 (this computer only) or 0.0.0.0 (the whole network)."
)
