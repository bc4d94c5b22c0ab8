"""What schemathesis cannot know of the documents: texts of our formats, and that nobody makes up a cursor."""

from datetime import date

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.generation.meta import TestPhase

FORMATS = {
    "currency": st.sampled_from(["EUR", "CHF", "JPY", "USD"]),
    "cursor": st.text("abcdefghijklmnopqrstuvwxyz", min_size=1),
    "date": st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(str),
    "email": st.from_regex(r"[a-z]{1,20}@[a-z]{1,20}\.example", fullmatch=True),
    "entity-tags": st.sampled_from(['"1"', '"1", "2"', 'W/"1"', "*"]),
    "locale": st.sampled_from(["en", "pt-PT", "zh-Hant-TW"]),
    "phone": st.from_regex(r"\+?[0-9][0-9 ]{2,18}", fullmatch=True),
    "slug": st.from_regex(r"[a-z0-9]{1,20}(-[a-z0-9]{1,20}){0,2}", fullmatch=True),
    "time-of-day": st.from_regex(r"([01][0-9]|2[0-3]):[0-5][0-9]", fullmatch=True),
    "time-zone": st.sampled_from(["Europe/Lisbon", "America/Santiago", "Australia/Lord_Howe", "UTC"]),
}
for name, strategy in FORMATS.items():
    schemathesis.openapi.format(name, strategy)


@schemathesis.hook
def before_call(context, case, kwargs):
    """A cursor is good only where it was given, so a valid call goes without."""
    if not (case.meta and case.meta.generation.mode == GenerationMode.POSITIVE):
        return
    if case.query:
        case.query.pop("cursor", None)
    if case.meta.phase.name == TestPhase.STATEFUL:
        lead_on(case)


def lead_on(case):
    """Where links are followed, a list shows its rows, and a write is done: a filter or a version that was made up leads
    nowhere."""
    if case.query:
        case.query.clear()
    for name in ("If-Match", "Idempotency-Key"):
        if case.headers:
            case.headers.pop(name, None)
