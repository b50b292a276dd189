"""The web page: the only part of the package, beside app.py, that imports gradio.

strings      every sentence that the page shows
result       a reading in words and pictures, without gradio
style        colours, fonts and spacing
canvas       where a number is drawn
pictures     what the page shows, as files
read_tab     where a picture is given and its number read
batch        many pictures unpacked, read, corrected and written to a file, without gradio
batch_tab    where many pictures are read at once
stages_tab   how it was read, step by step
guide_tab    how to use the page, how to photograph, and what goes wrong
manifest     what a checkpoint's manifest says of its network, in words and tables, without gradio
network_tab  what the networks are
limits       what one visitor may ask: rate, sizes, files kept, without gradio
fetch        pictures named by an address on the web, within the limits
accounts     users, sessions and attempts to log in, in SQLite
gate         lets only users in; account_pages, account_row: where they log in, and out
users        the command that manages them
page         puts the tabs together
launch       the options of app.py, and the server
load         the command that measures how long a stroke waits
"""

import os

# Gradio reads this when it is imported: nothing about a visitor or this computer is reported to anyone.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
