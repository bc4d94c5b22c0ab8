"""When classes take place, worked out by python-dateutil, to compare with.

Reads JSON lines: first the zone files by name, in base64, then one question a line. Answers each with a line
`[[named local time, instant], ...]`, in order. The zone files are the asker's own, so no answer differs just because
two releases of the zone database do; how Python reads them and looks times up in them is its own.

It shares no method with what it is compared to: dateutil's rrule walks every week from the first, and its
resolve_imaginary looks at the day before and the day after to see how far a skipped time moves.
"""

import base64
import io
import json
import sys
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil import tz
from dateutil.rrule import FR, MO, SA, SU, TH, TU, WE, WEEKLY, rrule, rruleset

WEEKDAYS = {
    "monday": MO, "tuesday": TU, "wednesday": WE, "thursday": TH, "friday": FR, "saturday": SA, "sunday": SU,
}  # fmt: skip
MINUTE = "%Y-%m-%dT%H:%M"


def main():
    first, *questions = sys.stdin.read().splitlines()
    files = {name: base64.b64decode(data) for name, data in json.loads(first).items()}
    zones = {name: ZoneInfo.from_file(io.BytesIO(data), key=name) for name, data in files.items()}
    for line in questions:
        question = json.loads(line)
        print(json.dumps(answer(question, zones[question["zone"]])))


def answer(question, zone):
    start, end = day(question["from"]), day(question["until"])
    held = {}
    # A day more on either side, for what is moved in and out.
    for local in named(question["recurrence"]).between(start - timedelta(2), end + timedelta(2), inc=True):
        shown = tz.resolve_imaginary(local.replace(tzinfo=zone))
        if start <= shown.replace(tzinfo=None) < end:
            at = shown.astimezone(timezone.utc)
            # Of two that fall on one instant, the one that the clock shows stands for both.
            if at not in held or shown.replace(tzinfo=None) == local:
                held[at] = local
    return [[local.strftime(MINUTE), at.strftime(MINUTE)] for at, local in sorted(held.items())]


def named(recurrence):
    """The local times that a recurrence names, without any zone."""
    times = rruleset()
    for slot in recurrence["dates"]:
        times.rdate(datetime.combine(day(slot["date"]), time.fromisoformat(slot["start_time"])))
    for slot in recurrence["weekly"]:
        at = time.fromisoformat(slot["start_time"])
        last = recurrence["ends_on"]
        times.rrule(
            rrule(
                WEEKLY,
                dtstart=day(recurrence["starts_on"]),
                until=last and datetime.combine(day(last), time.max),
                interval=recurrence["every_weeks"],
                wkst=MO,
                byweekday=WEEKDAYS[slot["weekday"]],
                byhour=at.hour,
                byminute=at.minute,
                bysecond=0,
            )
        )
        for date in recurrence["except_on"]:
            times.exdate(datetime.combine(day(date), at))
    return times


def day(text):
    return datetime.strptime(text, "%Y-%m-%d")


main()
