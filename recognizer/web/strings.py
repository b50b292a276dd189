"""Every sentence that the page shows, in English; languages/ holds the same names in every other language.

Names in capitals, one sentence each; {braces} are filled in by `language.say`.
"""

TITLE = "Handwritten numbers"
TAGLINE = "Draw a number or show a picture of one: the digits come out as text."
SHARED_NOTE = (
    "**This page is public.** Anyone who has its link can open it, for a week at most. "
    "Pictures shown here are deleted within the hour."
)
PRIVACY_NOTE = (
    "Nothing you show is kept: pictures are read on the computer that serves this page and deleted within the hour."
)

PRIVACY_NOTE_KEEPING = (
    "Pictures are read on the computer that serves this page and deleted within the hour, but for corrections that you ask "
    "to be kept."
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
EXAMPLE_NOTE = "A note under a shadow"
EXAMPLE_TABLET = "Drawn on a tablet"
EXAMPLE_FORM = "A form's boxes"
EXAMPLE_BLACKBOARD = "Chalk on a blackboard"
EXAMPLE_LINES = "Several lines"
EXAMPLE_SQUARED = "Barred sevens on squared paper"
EXAMPLE_PENCIL = "Faint pencil"
EXAMPLE_PHONE = "A phone number"

NUMBER = "Number"
NUMBER_HINT = "–"
SPEAK = "Speak the digits"
ANNOTATED = "Where each digit was found"
ANNOTATED_ALT = (
    "The picture with a box and a label around each digit that was found, and a dotted frame around what is none"
)
DIGITS = "Look closer at one digit"
PROBABILITIES = "What the digit may be"

CORRECT_HINT = "Is this digit wrong? Click what it should be, or type in the number above."
CORRECT_BY_TYPING = "Digits were added to the number or taken from it: change it by typing."
CORRECTED = "Corrected by hand."
WAS_READ = "It was read as {number}."
KEEP_HINT = (
    "The owner of this page collects corrections. Only what you press this button for is kept: "
    "the picture and the number."
)
KEEP = "Keep the picture and the corrected number"
KEPT = "Kept. Thank you: the reader can learn from it."

WAITING = "The number appears here as soon as you draw or show one."
NOTHING_FOUND = "No number found."
NOTHING_FOUND_HINT = (
    "Draw the digits larger, or show a sharper picture with dark digits on a plain background and space around them."
)
NO_PICTURE = "No picture came with the request: upload one."
THE_PICTURE = "The picture"
PROBLEM_EMPTY = "{name} is empty (0 bytes): save or copy the picture again."
PROBLEM_UNKNOWN_FORMAT = "{name} is not a picture in a known format: save it as PNG or JPEG."
PROBLEM_DAMAGED = "{name} is damaged or cut off: save or copy the picture again."
PROBLEM_TOO_LARGE = "{name} has more than the {most} megapixels read at most: make it smaller."
UNEXPECTED = "Something went wrong while reading this picture. Please try another one."

SURE = "Sure"
FAIRLY_SURE = "Fairly sure"
UNSURE = "Unsure"
GUESS = "Little more than a guess"
OVER = "over {percent}"
CONFIDENCE = "{words}: {percent} that the whole number is right."
CONFIDENCE_ONE = "{words}: {percent} that the digit is right."
DOUBTS = "In doubt: {digits}."
DOUBT = "{place} ({label}, or else {other})"
DOUBT_PLACE = "digit {position}"
DOUBT_PLACE_IN_LINE = "line {line}, digit {position}"
MORE_DOUBTS = "and {count} more"
MARK = "Left out as no digit: one place, in a dotted frame."
MARKS = "Left out as no digit: {count} places, in dotted frames."

STAGES_INTRO = "From a picture to digits in {count} steps, shown for the picture read last."
STAGES_WAITING = "Read a picture first: its steps then appear here."
# The steps, in the order of `result.STAGES`.
STAGE_GREY = "1. Grey"
STAGE_GREY_HINT = "Colours are dropped: only how dark each spot is matters."
STAGE_BINARY = "2. Ink"
STAGE_BINARY_HINT = (
    "A spot is ink (white) if it differs clearly from its surroundings: a shadow across the page does no harm."
)
STAGE_CLEANED = "3. Cleaned"
STAGE_CLEANED_HINT = "Ruled lines and frames are taken away; the digits are cut from what is left."
STAGE_DILATED = "4. Joined"
STAGE_DILATED_HINT = "The ink is grown until the strokes of one digit touch, only to see what belongs together."
STAGE_BOXES = "5. Boxes"
STAGE_BOXES_HINT = "Each group becomes one box; boxes are put in reading order, line by line, left to right."
STAGE_CROPS = "6. What the network sees"
STAGE_CROPS_HINT = (
    "Each digit is brought to 28 by 28 pixels, white on black and centred, like those the network learned from."
)
STAGE_LINES = "7. The line as a whole"
STAGE_LINES_HINT = (
    "A second network looks at the uncut line and says of each narrow column which digit it sees there, if any (the"
    " higher the bar, the surer; grey: a mark); columns side by side that see the same digit count once (this is "
    "CTC), and both networks together decide on the number."
)

API_READ = "Read the number in a picture: its text, and the reading with each digit's box and probabilities as JSON."

# Accounts: the pages to log in and to register, and who is logged in.
LOG_IN = "Log in"
LOG_OUT = "Log out"
REGISTER = "Register"
REGISTER_LINK = "No account yet? Register"
LOG_IN_LINK = "You have an account? Log in"
SIGNED_IN = "Signed in as {name}"
USER_NAME = "User name"
USER_NAME_HINT = "{least} to {most} characters: letters a to z, digits, dots, hyphens and underscores."
PASSWORD = "Password"
PASSWORD_HINT = "At least {least} characters."
PASSWORD_AGAIN = "Password again"
ACCOUNT_NAME = "A user name has {least} to {most} characters: letters a to z, digits, dots, hyphens and underscores."
ACCOUNT_TAKEN = "The user name {name} is taken: choose another one."
ACCOUNT_PASSWORD_SHORT = "The password is too short: choose one of at least {least} characters."
ACCOUNT_PASSWORD_LONG = "The password is too long: choose one of at most {most} characters."
ACCOUNT_PASSWORD_NAME = "The password is the user name: choose another one."
ACCOUNT_PASSWORDS_DIFFER = "The two passwords differ: type the same one twice."
ACCOUNT_WRONG = "The user name or the password is wrong."
ACCOUNT_LOCKED = "Too many attempts: try again in {minutes} min."
ACCOUNT_NEEDED = "You are not logged in, or your session has ended: log in first."
ACCOUNT_ELSEWHERE = "Another site sent this request, so it was refused: open this page itself and try again."
ACCOUNT_FORM = "The form could not be read: fill it in once more."
ACCOUNT_NO_REGISTRATION = "Nobody can register here: ask the owner of this page for an account."
ACCOUNTS_DOWN = "Accounts cannot be checked just now: try again later, or tell the owner of this page."

# Limits: what a visitor is told who asks for too much, and a program whose picture on the web cannot be had.
LIMIT_RATE = "Too many requests at once: wait a moment, then go on."
LIMIT_QUEUE = "The page is busy with other visitors' pictures: wait a moment, then try again."
LIMIT_BODY = "That is too much at once: files of up to 10 MB and up to 200 of them are read."
LIMIT_CLOSED = "There is nothing here: go back to the start of the page."
FETCH_PRIVATE = "Pictures are fetched from public addresses only: upload the picture instead."
FETCH_TOO_LARGE = "The picture at this address has more than {most} MB: make it smaller."
FETCH_FAILED = "The picture could not be fetched from its address: check the address, or upload the picture instead."
