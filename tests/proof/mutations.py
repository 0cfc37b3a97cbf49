"""Ways to break the shipped site that would strand or mislead a caller; and edits that do no harm.

Each is a name, the file, what stands there and what is written instead; for a breaking one also a part of
the message that has to name it: a problem's or a broken promise's.
"""

Mutation = tuple[str, str, str, str, str]
R, H = "routing.yaml", "hours.yaml"

BREAKING: list[Mutation] = [
    # silence and wrong keys
    ("silence at the first menu ends the call", R, "      mention: [8, 0, star]", "      mention: [8, 0, star]\n      silence: goodbye", "never presses a key reaches nobody"),
    ("silence at night ends the call", R, "      like: welcome\n      say:\n        en: MIT Violence Prevention and Response. No", "      like: welcome\n      silence: goodbye\n      say:\n        en: MIT Violence Prevention and Response. No", "never presses a key reaches nobody"),
    ("silence on holidays ends the call", R, "      like: after_hours\n", "      like: after_hours\n      silence: goodbye\n", "never presses a key reaches nobody"),
    ("silence hangs up without a word", R, "      mention: [8, 0, star]", "      mention: [8, 0, star]\n      silence: leave", "a caller who reached nobody is hung up on"),
    ("silence leads back to the same menu", R, "      silence: nobody_chose", "      silence: instead", "node 'instead'"),
    ("silence after an unanswered call ends it", R, "le comunico ahora.}\n      go: barcc_now", "le comunico ahora.}\n      go: goodbye", "a caller who reached nobody is hung up on"),
    ("silence in the crisis menu hangs up", R, "        5: {label: {en: for more lines, es: para más líneas}, go: more_lines}\n      mention: [0]", "        5: {label: {en: for more lines, es: para más líneas}, go: more_lines}\n      mention: [0]\n      silence: leave", "a caller who reached nobody is hung up on"),
    ("silence about one's own behavior hangs up", R, "      mention: [0, star]\n\n  own_behavior_office", "      mention: [0, star]\n      silence: leave\n\n  own_behavior_office", "a caller who reached nobody is hung up on"),
    ("two menus pass silence to each other", R, "      silence: goodbye", "      silence: instead", "could go round for ever"),
    ("a limit that never triggers", R, "      tries: 1\n      silence: goodbye", "      tries: 0\n      silence: goodbye", "'tries' is '0'"),
    ("no time to press a key", R, "      tries: 1\n      silence: goodbye", "      tries: 1\n      wait: 1\n      silence: goodbye", "'wait' is '1'"),
    # failures
    ("an unanswered call goes back to the advocates", R, "      otherwise: unanswered", "      otherwise: advocate", "node 'advocate'"),
    ("an unanswered call is hung up on", R, "otras formas de recibir ayuda.\n      go: instead", "otras formas de recibir ayuda.\n      go: leave", "a caller who reached nobody is hung up on"),
    ("an unanswered call hears goodbye", R, "otras formas de recibir ayuda.\n      go: instead", "otras formas de recibir ayuda.\n      go: goodbye", "a caller who reached nobody is hung up on"),
    ("after closing time the caller is hung up on", R, "La próxima estará {next_opening}.\n      go: instead", "La próxima estará {next_opening}.\n      go: leave", "a caller who reached nobody is hung up on"),
    ("the line of the night fails to itself", R, "{resource: barcc, otherwise: rainn_now}", "{resource: barcc, otherwise: barcc_now}", "node 'barcc_now'"),
    ("two lines fail to each other", R, "{resource: rainn, otherwise: last_message}", "{resource: rainn, otherwise: barcc_now}", "could go round for ever"),
    ("the last line hangs up when it fails", R, "de día o de noche.\n      go: voicemail", "de día o de noche.\n      go: leave", "a caller who reached nobody is hung up on"),
    ("the line of the night leads back to the menu", R, "{resource: barcc, otherwise: rainn_now}", "{resource: barcc}", "could go round for ever"),
    ("the last words lead to a goodbye and not to a message", R, "o colgar y marcar 988, de día o de noche.\n      go: voicemail", "o colgar y marcar 988, de día o de noche.\n      go: goodbye", "a caller who reached nobody is hung up on"),
    ("an unanswered call has no way on", R, "      otherwise: unanswered\n", "", "'otherwise' is missing"),
    # a person
    ("0 leaves a message", R, "es: para hablar con una persona}, go: person}", "es: para hablar con una persona}, go: voicemail}", "node 'voicemail': key '0'"),
    ("0 leads to a menu", R, "es: para hablar con una persona}, go: person}", "es: para hablar con una persona}, go: crisis}", "node 'crisis'"),
    ("0 hangs up", R, "es: para hablar con una persona}, go: person}", "es: para hablar con una persona}, go: leave}", "node 'leave': key '0'"),
    ("0 is not there", R, "  0: {label: {en: to speak with a person, es: para hablar con una persona}, go: person}\n", "", "key '0' is missing"),
    ("0 reaches nobody at night", R, "hours: {open: advocate, closed: barcc_now,", "hours: {open: advocate, closed: voicemail,", "node 'voicemail': key '0'"),
    ("0 reaches nobody on holidays", R, "holiday: barcc_now}", "holiday: about_contact}", "node 'person'"),
    ("0 rings an office that is closed", R, "closed: barcc_now, holiday: barcc_now}", "closed: advocate, holiday: advocate}", "0 reaches nobody"),
    ("a menu takes 0 for itself", R, "        3: {label: {en: to leave a message, es: para dejar un mensaje}, go: voicemail}\n      tries: 2\n      silence", "        0: {label: {en: to leave a message, es: para dejar un mensaje}, go: voicemail}\n      tries: 2\n      silence", "key '0' has a meaning in every menu"),
    ("9 does not leave", R, "go: leave}\n\nteams", "go: leav}\n\nteams", "did you mean 'leave'?"),
    # keys by day and by night
    ("keys are exchanged at night", R, "      choices:\n        1: {label: {en: \"to speak now with {barcc.name}\", es: \"para hablar ahora con {barcc.name}\"}, go: barcc_now}\n      tries: 2\n\n  holiday", "      choices:\n        1: {label: {en: \"to speak now with {barcc.name}\", es: \"para hablar ahora con {barcc.name}\"}, go: barcc_now}\n        2: {label: {en: to leave a message, es: para dejar un mensaje}, go: voicemail}\n        3: {label: {en: for crisis lines, es: para líneas de crisis}, go: crisis}\n      tries: 2\n\n  holiday", "key 2 means one thing"),
    ("1 leaves a message at night", R, "es: \"para hablar ahora con {barcc.name}\"}, go: barcc_now}\n      tries: 2\n\n  holiday", "es: \"para hablar ahora con {barcc.name}\"}, go: voicemail}\n      tries: 2\n\n  holiday", "key 1 means one thing"),
    ("1 is not said to be alike", R, "  - [advocate, barcc_now]", "  - [advocate, rainn_now]", "key 1 means one thing"),
    ("nobody with one key at night", R, "es: \"para hablar ahora con {barcc.name}\"}, go: barcc_now}\n      tries: 2\n\n  holiday", "es: \"para hablar ahora con {barcc.name}\"}, go: about}\n      tries: 2\n\n  holiday", "nobody is rung within"),
    ("no advocate with one key by day", R, "es: para hablar con una consejera}, go: advocate}", "es: para hablar con una consejera}, go: crisis}", "no single key reaches an advocate"),
    # hours
    ("calls at night hear the menu of the day", R, "start: {open: welcome, closed: after_hours,", "start: {open: welcome, closed: welcome,", "node 'after_hours': no call ever comes here|nobody is rung within"),
    ("nobody is there by day", R, "start: {open: welcome,", "start: {open: after_hours,", "node 'welcome'|no single key reaches an advocate"),
    ("holidays are forgotten", R, "after_hours, holiday: holiday}", "after_hours}", "'holiday' is missing"),
    ("a day off that has no such date", H, "date: 2026-11-27", "date: 2026-11-31", "has no such day"),
    ("a break that ends before it begins", H, "to: 2027-01-01", "to: 2026-01-01", "swap the dates"),
    ("hours in the twelve-hour clock", H, "9:00-17:00", "9am-5pm", "is not a span of time"),
    ("a holiday that no calendar has", H, "Columbus Day:", "Columbus Dya:", "no calendar has a holiday"),
    ("no hours at all", H, "  monday-friday: 9:00-17:00\n", "  {}\n", "no day has hours"),
    # people
    ("the team is emptied", R, "    members:\n      - {name: First advocate, number: $ADVOCATE_1}\n      - {name: Second advocate, number: $ADVOCATE_2}", "    members: []", "no single key reaches an advocate"),
    ("the team works on Sundays only", R, "number: $ADVOCATE_1}\n      - {name: Second advocate, number: $ADVOCATE_2}", "number: $ADVOCATE_1, shifts: {sunday: 9:00-17:00}}\n      - {name: Second advocate, number: $ADVOCATE_2, shifts: {sunday: 9:00-17:00}}", "no single key reaches an advocate"),
    ("the team is open only when the helpline is closed", R, "    longest_wait: 60", "    longest_wait: 60\n    open: outside helpline hours", "no single key reaches an advocate"),
    ("callers wait for minutes", R, "    longest_wait: 60", "    longest_wait: 280\n    ring: in-order", "occurs twice"),
    ("callers may wait two minutes", R, "    ring: together\n    seconds: 20\n    longest_wait: 60", "    ring: in-order\n    seconds: 45\n    longest_wait: 180", "can keep a caller waiting"),
    ("a number is written twice", R, "number: $ADVOCATE_2", "number: $ADVOCATE_1", "have the same phone"),
    ("a personal number that is none", R, "number: $ADVOCATE_2", "number: 617 253", "is not a phone number"),
    # lines
    ("911 is bridged", R, "number: +1 800 841 8371", "number: 911", "never bridged"),
    ("988 is bridged", R, "number: +1 800 656 4673", "number: 988", "short numbers cannot be bridged"),
    ("a line that is not open at night is the line of the night", R, "    number: +1 800 841 8371\n    open: always", "    number: +1 800 841 8371\n    open: {daily: 9:00-17:00}", "is not always open"),
    ("the second line of the night closes", R, "transfer: {resource: barcc, otherwise: rainn_now}", "transfer: {resource: call_for_change, otherwise: rainn_now}", "nobody is rung within|short|0 reaches"),
    ("a digit is lost", R, "number: +1 877 785 2020", "number: +1 877 785 202", "is not a number that exists"),
    ("a line vanishes", R, "  line_safelink: {transfer: {resource: safelink}}\n", "", "'line_safelink', which is not defined"),
    ("a line is misspelt", R, "{resource: safelink}", "{resource: safelnik}", "did you mean 'safelink'?"),
    ("a line's hours are lost", R, "open: {daily: 10:00-22:00}", "opne: {daily: 10:00-22:00}", "did you mean 'open'?"),
    # languages
    ("the Spanish greeting is lost", R, "        es: Violence Prevention and Response de MIT. Hay consejeras", "        en2: Violence Prevention and Response de MIT. Hay consejeras", "lacks its text in 'es'"),
    ("a Spanish label is lost", R, "{en: for crisis lines, es: para líneas de crisis}", "{en: for crisis lines}", "lacks its text in 'es'"),
    ("Spanish cannot be chosen", R, "  8: {language: es}", "  8: {language: fr}", "'fr' is not one of the languages"),
    ("Spanish vanishes", R, '  es:\n    voice: Polly.Lupe-Neural\n    spoken: {MIT: M I T, LGBTQ: L G B T Q, IDHR: I D H R, 100: 1 0 0, vpradvocate: "v p r advocate, en una palabra,", idhr: "i d h r,", mit: m i t, edu: e d u}\n', "", "'es' is not one of the languages"),
    # words
    ("an endless greeting", R, "Advocates are here. In", "Advocates are here. " + "Please listen carefully as our options have changed. " * 4 + "In", "an advocate is rung after"),
    ("a long silence", R, "      tries: 2             # a caller", "      wait: 20\n      tries: 4             # a caller", "who presses nothing waits"),
    ("an endless greeting at night", R, "No advocate is on the line now;", "Thank you for calling. Your call is important to us. " * 5 + "No advocate is on the line now;", "nobody is rung within"),
    ("a sermon", R, "You decide what happens next.", "You decide what happens next. " * 25, "speaks for"),
    ("a sixth choice", R, "        5: {label: {en: if you are worried", "        6: {label: {en: to hear this, es: para oír}, go: about}\n        5: {label: {en: if you are worried", "speaks 6 choices; callers remember at most 5, so move one to a menu of its own"),
    ("a field that does not exist", R, "{next_opening}. In an", "{next_openning}. In an", "did you mean 'next_opening'?"),
    ("a node that nobody comes to", R, "  leave:\n    goodbye: {}", "  leave:\n    goodbye: {}\n\n  attic:\n    goodbye: {}", "no call ever comes here"),
    ("a message that says itself again", R, "      go: own_behavior\n", "      go: own_behavior_office\n", "could go round for ever"),
    ("a recording that asks nothing", R, "      go: goodbye\n\n  # -- words", "      go: voicemail\n\n  # -- words", "could go round for ever"),
]  # fmt: skip

HARMLESS: list[Mutation] = [
    ("another word", R, "Advocates are here.", "An advocate is here.", ""),
    ("a comment", R, "# -- a person", "# -- people", ""),
    ("a line moved", R, "helpline:\n", "\n\nhelpline:\n", ""),
    ("two tries are three", R, "      mention: [8, 0, star]\n      tries: 2", "      mention: [8, 0, star]\n      tries: 3", ""),
    ("a longer wait for a key", R, "      mention: [8, 0, star]", "      mention: [8, 0, star]\n      wait: 10", ""),
    ("9 is spoken too", R, "      mention: [8, 0, star]", "      mention: [8, 0, star, 9]", ""),
    ("phones ring in order", R, "    ring: together", "    ring: in-order", ""),
    ("phones take turns", R, "    ring: together", "    ring: rotate", ""),
    ("phones ring shorter", R, "    seconds: 20", "    seconds: 15", ""),
    ("a longer ceiling", R, "    longest_wait: 60", "    longest_wait: 80", ""),
    ("a third advocate", R, "      - {name: Second advocate, number: $ADVOCATE_2}", "      - {name: Second advocate, number: $ADVOCATE_2}\n      - {name: Third advocate, number: +1 617 253 0003}", ""),
    ("an advocate in the mornings only", R, "number: $ADVOCATE_2}", "number: $ADVOCATE_2, shifts: {monday-friday: 9:00-13:00}}", ""),
    ("a longer message", R, "      go: goodbye\n\n  # -- words", "      longest: 240\n      go: goodbye\n\n  # -- words", ""),
    ("a line checked again", R, "verified: 2026-11-22\n  safelink", "verified: 2026-11-23\n  safelink", ""),
    ("a line shows the caller's number", R, "    number: +1 800 656 4673", "    caller_id: caller\n    number: +1 800 656 4673", ""),
    ("a shorter goodbye", R, "You can call again at any time. Goodbye.", "Goodbye.", ""),
    ("a goodbye on leaving", R, "  leave:\n    goodbye: {}", "  leave:\n    goodbye: {say: {en: Goodbye., es: Adiós.}}", ""),
    ("an hour more", H, "9:00-17:00", "9:00-18:00", ""),
    ("a lunch break", H, "9:00-17:00", "9:00-12:00, 13:00-17:00", ""),
    ("a snow day", H, "  # A half day", "  - {date: 2027-02-09, name: {en: a snow day, es: un día de nieve}}\n  # A half day", ""),
    ("an extra Saturday", H, "# Days that are not in the calendars", "openings:\n  - {date: 2026-12-05, open: 10:00-14:00, name: {en: the open house, es: la jornada}}\n# Days that are not in the calendars", ""),
]  # fmt: skip
