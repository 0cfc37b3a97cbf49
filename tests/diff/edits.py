"""Edits with known effects: the site, the file, what is replaced by what, and all that `changes` says of it."""

Edit = tuple[str, str, str, str, str]
"""Name, site, file, old text, new text."""

HARBOUR: tuple[Edit, ...] = (
    ("a comment", "tests/sites/harbour", "hours.yaml", "# A helpline", "# A line\n# A helpline"),
    ("a renamed node", "tests/sites/harbour", "routing.yaml", "nurse_words", "nursing"),
    ("a renamed team", "tests/sites/harbour", "routing.yaml", "volunteers", "helpers"),
    ("a moved choice", "tests/sites/harbour", "routing.yaml", "        1: {label: for the desk, go: desk}\n        2: {label: for the nurse, go: nurse_words}\n", "        2: {label: for the nurse, go: nurse_words}\n        1: {label: for the desk, go: desk}\n"),
    ("other words", "tests/sites/harbour", "routing.yaml", "Nurses answer medical questions.", "Nurses answer medical questions. They are kind."),
    ("another label", "tests/sites/harbour", "routing.yaml", "label: for the nurse", "label: for medical questions"),
    ("keys swapped", "tests/sites/harbour", "routing.yaml", "go: nurse_words}\n        3: {label: for a volunteer, go: volunteers", "go: volunteers}\n        3: {label: for a volunteer, go: nurse_words"),
    ("a key leads by the hours", "tests/sites/harbour", "routing.yaml", "3: {label: for a volunteer, go: volunteers}", "3: {label: for a volunteer, go: person}"),
    ("a second hearing in another node's words", "tests/sites/harbour", "routing.yaml", "again: Once more.", "again: Nurses answer medical questions."),
    ("a choice more", "tests/sites/harbour", "routing.yaml", "        6: {label: to leave a message, go: message}", "        6: {label: to leave a message, go: message}\n        7: {label: for words about nurses, go: nurse_words}"),
    ("a choice less", "tests/sites/harbour", "routing.yaml", "        3: {label: for a volunteer, go: volunteers}\n", ""),
    ("by night only", "tests/sites/harbour", "routing.yaml", "closed: crisis, holiday: crisis", "closed: volunteers, holiday: crisis"),
    ("another last chance", "tests/sites/harbour", "routing.yaml", "volunteers, say: A volunteer will be with you., otherwise: crisis", "volunteers, say: A volunteer will be with you., otherwise: message"),
    ("more tries", "tests/sites/harbour", "routing.yaml", "tries: 2", "tries: 3"),
    ("a longer wait for a key", "tests/sites/harbour", "routing.yaml", "wait: 10", "wait: 12"),
    ("a longer message", "tests/sites/harbour", "routing.yaml", "longest: 30", "longest: 60"),
    ("a new number of a line", "tests/sites/harbour", "routing.yaml", "+1 617 555 0161", "+1 617 555 0171"),
    ("the caller's own number is shown", "tests/sites/harbour", "routing.yaml", "confidential: private,", "confidential: private, caller_id: caller,"),
    ("a line gives more protection", "tests/sites/harbour", "routing.yaml", "confidential: private,", "confidential: true,"),
    ("hours of a line", "tests/sites/harbour", "routing.yaml", "{monday-friday: 8:00-20:00}", "{monday-friday: 8:00-22:00}"),
    ("a line becomes open always", "tests/sites/harbour", "routing.yaml", "{monday-friday: 8:00-20:00}", "always"),
    ("a shift", "tests/sites/harbour", "routing.yaml", "{monday: 9:00-12:00}", "{tuesday: 9:00-12:00}"),
    ("together", "tests/sites/harbour", "routing.yaml", "ring: in-order", "ring: together"),
    ("rings longer", "tests/sites/harbour", "routing.yaml", "ring: in-order\n    seconds: 10", "ring: in-order\n    seconds: 15"),
    ("a new phone of a member", "tests/sites/harbour", "routing.yaml", "+1 617 555 0152", "+1 617 555 0172"),
    ("a member goes", "tests/sites/harbour", "routing.yaml", "      - {name: Bo, number: +1 617 555 0152}\n", ""),
    ("a team is found at last", "tests/sites/harbour", "routing.yaml", "members: []", "members: [{name: Gus, number: +1 617 555 0157}]"),
    ("a phrase", "tests/sites/harbour", "routing.yaml", "{no_key: I heard nothing.}", "{no_key: I heard no key.}"),
    ("a phrase about time", "tests/sites/harbour", "routing.yaml", "{no_key: I heard nothing.}", "{no_key: I heard nothing., noon: at midday}"),
    ("the helpline's number", "tests/sites/harbour", "routing.yaml", "+1 617 555 0150", "+1 617 555 0149"),
    ("a promise", "tests/sites/harbour", "routing.yaml", "\nnodes:\n", "\npromises:\n  - {when: open, keys: [1], reaches: desk, within: 30}\n  - {when: [closed, holiday], keys: [], reaches: crisis}\nnodes:\n"),
    ("a closure", "tests/sites/harbour", "hours.yaml", "closures:", "closures:\n  - {from: 2027-02-01, to: 2027-02-03, name: a move}"),
    ("a closure ends earlier", "tests/sites/harbour", "hours.yaml", "to: 2026-12-28", "to: 2026-12-27"),
    ("a closure is called otherwise", "tests/sites/harbour", "hours.yaml", "a snow day", "a storm"),
    ("an hour later", "tests/sites/harbour", "hours.yaml", "friday, saturday: 18:00-02:00", "friday, saturday: 19:00-03:00"),
    ("open until the next morning", "tests/sites/harbour", "hours.yaml", "friday, saturday: 18:00-02:00", "friday: 9:00-5:00 next day"),
    ("another clock", "tests/sites/harbour", "hours.yaml", "America/New_York", "America/Chicago"),
)  # fmt: skip

SHIPPED: tuple[Edit, ...] = (
    ("another language's words", "tests/sites/vpr", "routing.yaml", "para líneas de crisis}, go: crisis}\n        3: {label: {en: to leave a message", "para otras líneas}, go: crisis}\n        3: {label: {en: to leave a message"),
    ("a renamed line", "tests/sites/vpr", "routing.yaml", "mit_health", "nurse_line"),
    ("another voice", "tests/sites/vpr", "routing.yaml", "Polly.Lupe-Neural", "Polly.Mia-Neural"),
    ("another line on holidays", "tests/sites/vpr", "routing.yaml", "closed: barcc_now, holiday: barcc_now", "closed: barcc_now, holiday: rainn_now"),
    ("the last resort", "tests/sites/vpr", "routing.yaml", "last_resort: barcc", "last_resort: rainn"),
    ("other limits", "tests/sites/vpr", "routing.yaml", "budgets: {advocate: 15, crisis_line: 25, whole_wait: 90}", "budgets: {advocate: 120, crisis_line: 25, silent: 300, whole_wait: 80}"),
    ("other nodes that count as the same", "tests/sites/vpr", "routing.yaml", "\n  - [advocate, barcc_now]", "\n  - [advocate, rainn_now]"),
    ("a message through another way", "tests/sites/vpr", "routing.yaml", "go: about_contact}", "go: about_harm}\n        5: {label: {en: for our address, es: para nuestra dirección}, go: about_contact}"),
)  # fmt: skip
EDITS = HARBOUR + SHIPPED
