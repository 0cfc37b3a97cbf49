"""Files that have each kind of thing that files can have."""

HOURS_FILE = b"""
timezone: America/New_York
open: {monday-friday: 9:00-17:00}
holidays: {calendars: [US], names: {Labor Day: Work}}
closures: [{date: 2026-12-01, name: a, open: 9:00-12:00, note: b}, {from: 2026-12-03, to: 2026-12-04, name: c}]
openings: [{date: 2026-12-06, open: 9:00-12:00}]
"""

ROUTING_FILE = b"""
helpline: {name: Harbour Line, number: +1 617 555 0150}
languages: {en: {voice: man, spoken: {MIT: M I T}}, es: {voice: man, fallback: en}}
links: {form: https://example.org/form}
start: {open: menu, closed: hours, holiday: hours}
ended: bye
last_resort: line
alike: [[menu, hours]]
budgets: {silent: 60}
promises: [{when: open, keys: [1], reaches: line}]
page: [{heading: Who, text: You., points: [a, b]}, {heading: What, text: This.}]
always: {0: {label: person, go: connect}, 8: {language: es}}
phrases: {en: {no_key: None.}}
teams: {team: {members: [{name: Ada, number: $ADA}]}}
resources:
  line: {name: the line, number: +1 617 555 0160, open: always, confidential: true, verified: 2026-11-01}
nodes:
  menu: {menu: {say: Hello., choices: {1: {label: one, go: message}, 2: {language: es}}, mention: [0]}}
  hours: {hours: {open: menu, closed: message, holiday: message}}
  message: {message: {say: {en: {audio: a.wav, text: Hello.}}, go: transfer}}
  connect: {connect: {team: team, otherwise: transfer}}
  transfer: {transfer: {resource: line}}
  voicemail: {voicemail: {say: Speak., go: bye}}
  bye: {goodbye: {say: Goodbye.}}
"""
"""A site that has each kind of thing, though not each setting of it."""
