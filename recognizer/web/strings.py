"""Every sentence that the page shows, in one place, so that a translation has one file to replace."""

TITLE = "Handwritten numbers"
TAGLINE = "Draw a number or show a picture of one: the digits come out as text."
SHARED_NOTE = (
    "**This page is public.** Anyone who has its link can open it, for a week at most. "
    "Pictures shown here are deleted within the hour."
)
PRIVACY_NOTE = (
    "Nothing you show is kept: pictures are read on the computer that serves this page and deleted within the hour."
)

READ_TAB = "Read"
STAGES_TAB = "How it was read"

DRAW_TAB = "Draw"
PICTURE_TAB = "Picture"
CANVAS = "Draw here"
CANVAS_HINT = "With the mouse, a pen or a finger. The drawing is read after each stroke."
PICTURE = "Upload, paste or photograph"
PICTURE_HINT = "JPG, PNG, WebP, TIFF and others, up to 10 MB. Dark ink on plain paper reads best."
EXAMPLES = "Examples"

NUMBER = "Number"
ANNOTATED = "Where each digit was found"
ANNOTATED_ALT = (
    "The picture with a box and a label around each digit that was found, and a dotted frame around what is none"
)
DIGITS = "Look closer at one digit"
PROBABILITIES = "What the digit may be"

WAITING = "The number appears here as soon as you draw or show one."
NOTHING_FOUND = "No number found."
NOTHING_FOUND_HINT = (
    "Draw the digits larger, or show a sharper picture with dark digits on a plain background and space around them."
)
NO_PICTURE = "No picture came with the request: upload one."
UNEXPECTED = "Something went wrong while reading this picture. Please try another one."

# From the least confidence that earns the words, highest first.
CONFIDENCE_WORDS = ((0.95, "Sure"), (0.8, "Fairly sure"), (0.5, "Unsure"), (0.0, "Little more than a guess"))
# "Unsure" begins where `result.UNSURE_BELOW` says; a test holds both together.
CONFIDENCE = "{words}: {percent} that the whole number is right."
CONFIDENCE_ONE = "{words}: {percent} that the digit is right."
DOUBTS_ONE = "In doubt: {digits}."
DOUBT = "{place} ({label}, or else {other})"
DOUBT_PLACE = "digit {position}"
DOUBT_PLACE_IN_LINE = "line {line}, digit {position}"
MORE_DOUBTS = "and {count} more"
MARK = "Left out as no digit: one place, in a dotted frame."
MARKS = "Left out as no digit: {count} places, in dotted frames."

STAGES_INTRO = "From a picture to digits in {count} steps, shown for the picture read last."
STAGES_WAITING = "Read a picture first: its steps then appear here."
STAGES = {
    "grey": ("1. Grey", "Colours are dropped: only how dark each spot is matters."),
    "binary": (
        "2. Ink",
        "A spot is ink (white) if it differs clearly from its surroundings: a shadow across the page does no harm.",
    ),
    "cleaned": ("3. Cleaned", "Ruled lines and frames are taken away; the digits are cut from what is left."),
    "dilated": (
        "4. Joined",
        "The ink is grown until the strokes of one digit touch, only to see what belongs together.",
    ),
    "boxes": ("5. Boxes", "Each group becomes one box; boxes are put in reading order, line by line, left to right."),
    "crops": (
        "6. What the network sees",
        "Each digit is brought to 28 by 28 pixels, white on black and centred, like those the network learned from.",
    ),
    "lines": (
        "7. The line as a whole",
        "A second network looks at the uncut line and says of each narrow column which digit it sees there, if any (the higher "
        "the bar, the surer; grey: a mark); columns side by side that see the same digit count once (this is CTC), and both "
        "networks together decide on the number.",
    ),
}
"""Title and explanation of each step by its name in `Result.stages`; the last is not there where one network reads alone."""

API_READ = "Read the number in a picture: its text, and the reading with each digit's box and probabilities as JSON."

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
