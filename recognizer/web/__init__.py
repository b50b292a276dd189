"""The web page: the only part of the package, beside app.py, that imports gradio.

strings      every sentence that the page shows
result       a reading in words and pictures, without gradio
style        colours, fonts and spacing
canvas       where a number is drawn
read_tab     where a picture is given and its number read
stages_tab   how it was read, step by step
page         puts the tabs together
launch       the options of app.py, and the server
"""

import os

# Gradio reads this when it is imported: nothing about a visitor or this computer is reported to anyone.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
