"""Reads a mail from standard input with Python's e-mail parser and the `icalendar` package; answers as JSON what is in it."""

import email
import email.policy
import json
import sys

import icalendar

mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
calendars = []
for part in mail.walk():
    if part.get_content_type() not in ("text/calendar", "application/ics"):
        continue
    calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
    events = [component for component in calendar.walk() if component.name == "VEVENT"]
    event = events[0]
    problems = list(calendar.errors) + list(event.errors)
    calendars.append({
        "type": part.get_content_type(),
        "asked": part.get_param("method"),
        "filename": part.get_filename(),
        "method": str(calendar["METHOD"]),
        "events": len(events),
        "errors": [str(problem) for problem in problems],
        "uid": str(event["UID"]),
        "sequence": int(event["SEQUENCE"]),
        "status": str(event["STATUS"]),
        "summary": str(event["SUMMARY"]),
        "start": event.decoded("DTSTART").isoformat(),
        "end": event.decoded("DTEND").isoformat(),
        "stamped": event.decoded("DTSTAMP").utcoffset().total_seconds(),
        "organizer": str(event["ORGANIZER"]),
        "attendee": str(event["ATTENDEE"]),
    })
said = {kind: mail.get_body((kind,)).get_content() for kind in ("plain", "html")}
print(json.dumps({"subject": mail["Subject"], "structure": [part.get_content_type() for part in mail.walk()],
                  "said": said, "calendars": calendars}))
