"""Reads a calendar from standard input with the `icalendar` package; answers as JSON what is in it."""

import json
import re
import sys

import icalendar


def unescaped(text):
    """A text (RFC 5545, 3.3.11). The package does not know that this name is one."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], str(text))


calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
events = [component for component in calendar.walk() if component.name == "VEVENT"]
print(json.dumps({
    "name": [str(calendar["NAME"]), unescaped(calendar["X-WR-CALNAME"])],
    "refreshed": calendar.decoded("REFRESH-INTERVAL").total_seconds(),
    "method": "METHOD" in calendar,
    "errors": [str(problem) for component in [calendar, *events] for problem in component.errors],
    "events": [{
        "uid": str(event["UID"]),
        "sequence": int(event["SEQUENCE"]),
        "status": str(event["STATUS"]),
        "summary": str(event["SUMMARY"]),
        "start": event.decoded("DTSTART").isoformat(),
        "end": event.decoded("DTEND").isoformat(),
    } for event in events],
}))
