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
UNDO = "Undo"
REDO = "Redo"
CLEAR = "Clear"
DRAWING_DAMAGED = "The drawing did not arrive as it was drawn: clear the sheet and draw again."
DRAWING_TOO_LARGE = "That is more than can be read at once: clear the sheet and draw again."
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
KEEP_FULL = "The correction was not kept: the folder of corrections is full."
KEEP_EMPTY = "The correction was not kept: it has to hold 1 to 1,000 digits and line breaks."
KEEP_FAILED = "The correction was not kept: it could not be written."
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

# The tab that reads many pictures at once.
BATCH_TAB = "Many pictures"
BATCH_FILES = "Pictures, or a .zip of them"
BATCH_HINT = "Up to 200 pictures at once, each file up to 10 MB; what lies in a .zip counts one by one."
BATCH_READ = "Read all"
BATCH_STOP = "Stop"
BATCH_STOPPING = "Stopping after this picture…"
BATCH_NO_FILES = "Choose pictures or a .zip first."
BATCH_READING = "Picture {place} of {count}: {name}"
BATCH_PICTURE = "1 picture"
BATCH_PICTURES = "{count} pictures"
BATCH_SUMMARY = "{pictures}: {read} read, {check} to check, {unreadable} not readable."
BATCH_SUMMARY_EDITED = (
    "{pictures}: {read} read, {edited} corrected by hand, {check} to check, {unreadable} not readable."
)
BATCH_STOPPED = "Stopped with {count} pictures unread. Press “Read all” to go on with them."
BATCH_TOO_MANY = (
    "You gave {given} pictures; the first {most} were taken. Download their table, then give the others as a new batch."
)
BATCH_ONLY_DOUBTFUL = "Show only what is to be checked"
BATCH_TABLE = "Table"
BATCH_TABLE_HINT = "Choose a row to see its picture below. A double click on a number lets you correct it."
BATCH_NUMBER = "#"
BATCH_FILE = "File"
BATCH_TEXT = "Number"
BATCH_CONFIDENCE = "Confidence"
BATCH_CHECK = "To check"
BATCH_DIGITS = "digits {places}"
BATCH_LINE = "line {line}: {places}"
BATCH_WHOLE = "the whole number"
BATCH_EDITED = "by hand"
BATCH_BAD_EDIT = "Row {number} keeps its number: only digits may stand there, and {line_break} between lines."
BATCH_CHOSEN = "The chosen picture"
BATCH_CHOSEN_ALT = "The picture of the chosen row, with a box and a label around each digit that was found"
BATCH_CHOSEN_TEXT = "Its number"
BATCH_CHOSEN_HINT = "Correct it here, too; | stands between lines. Corrections are in the downloads."
BATCH_PICTURE_GONE = "{name} is no longer here: pictures are deleted within the hour. What was read of it stays."
BATCH_GONE = "This batch is no longer here: it is kept for an hour. Read the pictures again."
BATCH_CSV = "Download table (CSV)"
BATCH_JSON = "Download details (JSON)"
BATCH_CSV_HINT = (
    "To keep zeros at the start of a number in Excel, do not open the CSV by a double click: use Data, From Text/CSV, and "
    "import the column as text."
)
BATCH_FILE_TOO_LARGE = "{name} has more than {most} MB: make it smaller."
BATCH_ZIP_DAMAGED = "{name} is no .zip or is damaged: pack it again."
BATCH_ZIP_EMPTY = "{name} holds no files."
BATCH_ZIP_LOCKED = "{name} is locked by a password: pack it again without one."
BATCH_ZIP_TOO_FULL = "{name} holds too many files: pack fewer into one .zip."
BATCH_ZIP_METHOD = "{name} is compressed in a way that is not known here: pack it again as a plain .zip."
BATCH_ZIP_IN_ZIP = "{name} is a .zip within a .zip: unpack it and give it by itself."
BATCH_MEMBER_DAMAGED = "{name} is damaged in its .zip: pack it again."

STAGES_INTRO = "From a picture to digits in {count} steps, shown for the picture read last."
STAGES_WAITING = "Read a picture first: its steps then appear here."
# The steps, in the order of `result.STAGES`.
STAGE_GREY = "1. Grey"
STAGE_GREY_HINT = (
    "Colours are dropped: only how dark each spot is matters. The table beside a sheet of paper is painted over, a picture on "
    "its side is set upright, a number that climbs or sinks is turned level, and small writing is looked at from nearer."
)
STAGE_BINARY = "2. Ink"
STAGE_BINARY_HINT = (
    "A spot is ink (white) if it differs clearly from its surroundings: a shadow across the page does no harm."
)
STAGE_CLEANED = "3. Cleaned"
STAGE_CLEANED_HINT = (
    "Ruled lines, frames and circles around a number are taken away; the digits are cut from what is left."
)
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
    "CTC), and both networks together decide on the number. Where they are in doubt, a third, which looks at lines too, "
    "is asked as well."
)

API_PICTURE = "Picture"
API_READING = "Reading"
API_READ = (
    "Read the handwritten number in a picture. Returns its digits as text, each line of the picture on a line of its own, "
    "empty where there is no number; then the reading as JSON, with its confidence and each digit's box and alternatives."
)

# Accounts: the pages to log in and to register, and who is logged in.
LOG_IN = "Log in"
LOG_OUT = "Log out"
REGISTER = "Register"
REGISTER_LINK = "No account yet? Register"
LOG_IN_LINK = "You have an account? Log in"
SHARED_NOTE_ACCOUNTS = (
    "**This page is public.** Anyone who has its link and an account can use it, for a week at most. "
    "Pictures shown here are deleted within the hour."
)
LOGGED_IN = "Logged in as {name}"
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
LIMIT_QUEUE = "The page is busy, and many pictures are waiting: wait a moment, then try again."
LIMIT_BODY = "That is too much at once: files of up to 10 MB and up to 200 of them are read."
LIMIT_CLOSED = "There is nothing here: go back to the start of the page."
FETCH_PRIVATE = "Pictures are fetched from public addresses only: upload the picture instead."
FETCH_TOO_LARGE = "The picture at this address has more than {most} MB: make it smaller."
FETCH_FAILED = "The picture could not be fetched from its address: check the address, or upload the picture instead."

# Networks tab: what its manifests say about each network, in words; every number comes from the manifest.
NETWORK_TAB = "The networks"
NETWORK_INTRO = (
    "Small neural networks read together, one digit by digit and one whole lines; where they are in doubt, a second one "
    "for lines is asked as well. All figures below come from the manifests that were written when the networks were "
    "trained, and lie beside their weights."
)
NETWORK_DIGITS = "The digit network"
NETWORK_DIGITS_HINT = (
    "It looks at one digit at a time, cut out and brought to {height} by {width} pixels, and says how probable each of its "
    "{classes} answers is. Its {parameters} parameters were learnt from {digits} handwritten digits."
)
NETWORK_NO_DIGIT_HINT = "One of the answers is that it is no digit; {share} of what it was shown in training is none."
NETWORK_STRINGS = "The line network"
NETWORK_STRINGS_HINT = (
    "It looks at a whole line, {height} pixels high, without cutting it, and says of each narrow column which digit it sees "
    "there, if any. Its {parameters} parameters were learnt from lines that a program writes with {digits} handwritten "
    "digits, {lines} of them in its last run."
)
NETWORK_STRINGS2 = "The second line network"
NETWORK_STRINGS2_HINT = (
    "It is built like the line network and asked only where a reading is in doubt. The lines that it learnt from had printed "
    "words beside the number more often; {lines} of them were written for its last run, with {digits} handwritten digits. It "
    "has {parameters} parameters."
)
NETWORK_FIGURES = "How well it reads"
NETWORK_FIGURE = "Figure"
NETWORK_TEST = "Test part"
NETWORK_VALIDATION = "Validation part"
NETWORK_PARTS_HINT = (
    "The validation part chose the best epoch and the calibration; the test part was looked at only after that. In "
    "brackets: 95 % interval (Wilson)."
)
NETWORK_VALIDATION_HINT = (
    "The validation part took no part in the last run's training, but chose its best epoch. "
    "In brackets: 95 % interval (Wilson)."
)
NETWORK_HARD_HINT = "These lines are as hard as those of the training, some beyond what people read."
NETWORK_OF = "{count} of {total}"
NETWORK_ACCURACY_DIGITS = "Digits right"
NETWORK_ACCURACY_STRINGS = "Lines right, every character"
NETWORK_CER = "Characters wrong"
NETWORK_ECE = "Calibration error: how far its confidence is from its share of right answers"
NETWORK_DIGITS_REJECTED = "Digits taken for none, wrongly"
NETWORK_NON_DIGITS_REJECTED = "Made-up non-digits rejected"
NETWORK_SEAM_PIECE = "of these, pieces cut out of touching digits"
NETWORK_OTHER_SIGN = "of these, signs and arrows"
NETWORK_LETTER = "of these, letters"
NETWORK_SPLASH = "of these, blots"
NETWORK_CONFUSIONS = "Most often mixed up: {pairs}."
NETWORK_CONFUSION = "{digit} read as {read_as} ({count})"
NETWORK_CURVES = "How it learnt"
NETWORK_CURVES_HINT = (
    "The weights of epoch {best} of {epochs} did best on the validation part. In training the "
    "pictures are distorted and parts of the network are switched off at random, so training looks the harder of the two."
)
NETWORK_EPOCH = "Epoch"
NETWORK_LOSS = "Loss"
NETWORK_ACCURACY = "Right, %"
NETWORK_WRONG = "Characters wrong, %"
NETWORK_TRAINING = "Training"
NETWORK_SERIES = "Part"
NETWORK_CLASSES = "Accuracy by digit"
NETWORK_CLASSES_HINT = (
    "{part}. The axis begins at {start}, so that the differences show; "
    "point at a bar for its numbers and its 95 % interval."
)
NETWORK_DIGIT = "Digit"
NETWORK_RIGHT = "Right"
NETWORK_SHARE_RIGHT = "Share"
NETWORK_INTERVAL_95 = "95 % interval"
NETWORK_TABLE = "The same as a table"
NETWORK_LAYERS = "Layers"
NETWORK_LAYER = "Layer"
NETWORK_OUTPUT = "Output"
NETWORK_PARAMETERS = "Parameters"
NETWORK_WIDTH_HINT = "n: grows with the width of the line."
NETWORK_TOTAL = "In all"
NETWORK_FACTS = "Data, training and files"
NETWORK_INPUT = "Input"
NETWORK_INPUT_IS = "{shape}, white ink on black"
NETWORK_ANSWERS = "Answers"
NETWORK_ANSWER_NONE = "no digit"
NETWORK_ANSWER_BLANK = "nothing"
NETWORK_ANSWER_MARK = "another sign"
NETWORK_DATA = "Learnt from"
NETWORK_DATA_EMNIST = "EMNIST digits (scanned forms)"
NETWORK_DATA_PEN_STROKES = "UNIPEN digits (pen strokes)"
NETWORK_DATA_OPTDIGITS = "Optical recognition of handwritten digits (scanned forms)"
NETWORK_DATA_DIGITS = "{name}: {digits} digits"
NETWORK_BEGAN = "Began with the weights"
NETWORK_OPTIONS = "Options of the training"
NETWORK_TIME = "Training"
NETWORK_TIME_IS = "{minutes} minutes, {epochs} epochs"
NETWORK_TEMPERATURE = "Temperature (calibrates its confidence)"
NETWORK_SOFTWARE = "Software"
NETWORK_DATE = "Exported on"
NETWORK_TWIN = "Largest difference between the answers of the network as trained and as exported"
NETWORK_INT8 = "Mean difference between the answers of the exported network and of its 8-bit form, which is in use"
NETWORK_FILES = "Files (start of their SHA-256)"
LAYER_CONV2D = "Convolution {window}"
LAYER_CONV2D_STEP = "Convolution {window}, step {step}"
LAYER_MAXPOOLING2D = "Largest of {window} neighbours"
LAYER_FLATTEN = "All in one row"
LAYER_RESHAPE = "Cut into columns"
LAYER_DENSE = "Fully connected"
LAYER_BATCHNORMALIZATION = "batch normalization"
LAYER_RELU = "rectifier"
LAYER_DROPOUT = "dropout"
LAYER_ADD = "added to its input"
ACTIVATION_RELU = "rectifier"
ACTIVATION_SOFTMAX = "softmax"
ACTIVATION_LOG_SOFTMAX = "logarithm of softmax"

# Guide tab: how to use the page, how to photograph, and what goes wrong; what is read in its pictures is in guide.json.
GUIDE_TAB = "Guide"
GUIDE_STEPS = "A number in three steps"
GUIDE_STEPS_LIST = (
    "1. **Show it.** Draw a number with the mouse, a pen or a finger. Or show a picture of one: upload it, paste it, take a "
    "photo with the camera, or choose an example.\n"
    "2. **Read it.** The number appears at once, and after each stroke that you draw. A digit in doubt has a question mark.\n"
    "3. **Check it.** In the picture each digit has a box. Where one is wrong, choose it and put the right one in its place."
)
GUIDE_TOUR_ALT = (
    "The page in use: 253 is drawn stroke by stroke and read, an example is chosen and read, and the steps of its reading "
    "are shown"
)
GUIDE_READS = "What it reads"
GUIDE_READS_LIST = (
    "- the digits 0 to 9 as they are written in Europe and America: open and closed 4s, barred 7s, 1s with and without a flag\n"
    "- one number, several lines of them, or a table, row by row\n"
    "- photos, scans, screenshots and drawings; dark on light and light on dark\n"
    "- on plain, ruled or squared paper, in the boxes of a form, under a shadow, on a sheet that lies on a darker table"
)
GUIDE_PHOTOS = "How to photograph well"
GUIDE_PHOTOS_HINT = (
    "Left as it should be, right what goes wrong. For each pair a program photographed {tried} numbers well and badly; the "
    "lines below say how they were read."
)
GUIDE_LIGHT = "Even light: no lamp mirrored on the paper"
GUIDE_FOCUS = "Hold still, and wait until the picture is sharp"
GUIDE_DISTANCE = "Go near: the number fills the picture"
GUIDE_ANGLE = "Hold the camera the right way up: many a number can be read upside down, too"
GUIDE_INK = "Write with a dark pen"
GUIDE_ALONE = "Nothing but the number in the frame"
GUIDE_GOOD_ALT = "A handwritten number, photographed well"
GUIDE_BAD_ALT = "The same number, photographed badly"
GUIDE_LIMITS = "What it gets wrong"
GUIDE_LIMITS_HINT = (
    "Check such writing yourself: the reader may be sure of it and wrong. Of each kind a program wrote {tried}; one that is "
    "misread is shown."
)
GUIDE_SIGNS = "It knows digits only: minus signs and decimal points are left out"
GUIDE_LETTERS = "Letters that look like digits become digits"
GUIDE_SLASH = "A slash almost as steep as a 1 may become a 1"
GUIDE_CROSSED_OUT = "A digit that was crossed out is read all the same"
GUIDE_OVERLAPPING = "Digits written over each other get lost"
GUIDE_CROWDED = "Lines that run into each other are not told apart"
GUIDE_OTHER_DIGITS = "Digits of other scripts are taken for those from 0 to 9 that look like them"
GUIDE_DRAWING = "A drawing may be taken for a digit"
GUIDE_READ = "Read as **{number}**, {percent} sure."
GUIDE_NOTHING = "No number is found."
GUIDE_MISREAD = "{misread} of {tried} like this are misread."
