"""What schemathesis cannot know of the documents: texts of our formats, that nobody makes up a cursor or a version, and
what a DELETE leaves behind; nor that a studio does not stand still while links are followed."""

from datetime import date, datetime

import requests
import schemathesis
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from schemathesis import GenerationMode
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine.run.stateful import _executor as following
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import UseAfterFree

FORMATS = {
    "currency": st.sampled_from(["EUR", "CHF", "JPY", "USD"]),
    "cursor": st.text("abcdefghijklmnopqrstuvwxyz", min_size=1),
    "date": st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(str),
    "email": st.from_regex(r"[a-z]{1,20}@[a-z]{1,20}\.example", fullmatch=True),
    "entity-tags": st.sampled_from(['"1"', '"1", "2"', 'W/"1"', "*"]),
    "instant-or-date": st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(str)
    | st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)).map(lambda time: time.isoformat() + "Z"),
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
    """A cursor is good only where it was given, so a valid call goes without; a version is good only for its row, so that
    what is wrong elsewhere is seen, a call names any."""
    if not case.meta:
        return
    if case.headers and "If-Match" in case.headers and not case.meta.is_negative_at(ParameterLocation.HEADER):
        case.headers["If-Match"] = "*"
    if case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    if case.query:
        case.query.pop("cursor", None)
    if case.meta.phase.name == TestPhase.STATEFUL:
        lead_on(case)


def lead_on(case):
    """Where links are followed, a list shows its rows, and a write is done: a filter leads nowhere, nor does the answer of
    another call."""
    if case.query:
        case.query.clear()
    if case.headers:
        case.headers.pop("Idempotency-Key", None)


def is_booking(row):
    """Bookings are cancelled and kept, and never gone."""
    return row.startswith("bkg_")


KEPT = set()
"""The calls that deleted a row by archiving, cancelling or ending it."""


@schemathesis.check
class WhatADeleteLeaves:
    """A row that a DELETE answers is kept as it was answered, and not active any more; otherwise it is gone. Its list says
    so at once, and so does the same call once more, which changes nothing."""

    def __init__(self):
        self.may_delete, self.ends, self.expected = False, set(), {"kept", "gone"}

    def after_response(self, ctx, response, case):
        if response.request.method != "DELETE" or case.operation.method.upper() != "DELETE":
            return
        # What has no id, such as a member's calendar, is no row of a list.
        if not case.operation.path.endswith("}"):
            return
        self.may_delete = True
        if response.status_code not in (200, 204) or "idempotency-replayed" in response.headers:
            return
        kept = response.json() if response.status_code == 200 else None
        if kept and kept.get("dry_run"):
            return
        self.ends.add("kept" if kept else "gone")
        url = response.request.url.partition("?")[0]
        home, _, row = url.rpartition("/")
        key = {name: value for name, value in response.request.headers.items() if name in ("Authorization", "Origin")}
        again = requests.delete(url, headers=key)
        assert again.status_code == (200 if kept else 404), f"once more: {again.status_code} {again.text}"
        if kept:
            # What happened to other rows is told beside the row.
            kept.pop("effects", None)
            same = {name: value for name, value in again.json().items() if name != "effects"}
            assert same == kept, f"once more, and it is {again.text}, not {kept}"

        def listed(**filters):
            answer = requests.get(home, {"id": row, **filters}, headers=key)
            assert answer.status_code == 200, answer.text
            return answer.json()["data"]

        assert listed() == ([kept] if kept else []), f"not what was answered: {kept}"
        if kept:
            KEPT.add(case.id)
            assert kept["id"] == row and kept["status"] in ("archived", "cancelled", "late_cancelled", "expired"), kept
            active = "booked" if is_booking(row) else "active"
            assert listed(status=active) == [], "what was deleted is among the active ones"
            self.expected = {"kept"} if is_booking(row) else {"kept", "gone"}

    def after_run(self, ctx):
        assert not self.may_delete or self.ends == self.expected, f"of what a DELETE leaves, only {self.ends} was seen"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """What a DELETE has kept may be read and changed afterwards: `WhatADeleteLeaves` has looked at it. Null is of every
    format, and an optional text that is blank counts as null."""
    if isinstance(failure, UseAfterFree):
        return failure.deleted_case_id not in KEPT
    return not (isinstance(failure, AcceptedNegativeData) and is_taken(case))


def is_taken(case):
    """Whether the body is all that was made wrong, and is right once its blank texts are null. `more_classes` is read-only,
    and taken where it equals the row's, which one of its two values always does."""
    if any(case.meta.is_negative_at(place) for place in ParameterLocation if place != ParameterLocation.BODY):
        return False
    body = case.operation.get_body_for_media_type(case.media_type)
    sent = without_blanks(case.body)
    if isinstance(sent, dict):
        sent.pop("more_classes", None)
    return body is not None and body.get_validator().is_valid(sent)


def without_blanks(value):
    if isinstance(value, dict):
        return {name: without_blanks(field) for name, field in value.items()}
    if isinstance(value, list):
        return [without_blanks(item) for item in value]
    return None if isinstance(value, str) and not value.strip() else value


ended_for = following._classify_suite_error


def goes_on(exc, *, ctx, settings, **more):
    """The same calls are answered otherwise once rows are gone, which Hypothesis takes for a test that is broken: it ends,
    and is begun again with other calls until as many were made as were asked for."""
    status, again, events = ended_for(exc, ctx=ctx, settings=settings, **more)
    is_other = isinstance(exc, Flaky) or following.is_inconsistent_replay(exc)
    return status, again or (is_other and ctx.completed_scenarios < settings.max_examples), events


following._classify_suite_error = goes_on
