"""Calls a running gateway with the client that openapi-generator makes in Python of its document. Each resource goes the way of an
integration: create, list, try a change, change, remove.

Usage: openapi_generator.py DIRECTORY_OF_THE_CLIENT, with the gateway's address in MANAGEMENT_URL and a secret key in FLOW_SECRET_KEY.
"""

import os
import sys

sys.path.insert(0, sys.argv[1])
import flow  # noqa: E402

CLIENT = flow.ApiClient(flow.Configuration(host=os.environ["MANAGEMENT_URL"], access_token=os.environ["FLOW_SECRET_KEY"]))


def same(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def gone(call, *ids):
    same(call(*ids).status_code, 204)


def instructors():
    api = flow.InstructorsApi(CLIENT)
    body = flow.InstructorCreate(display_name="Rita Sousa")
    same(api.management_create_instructor(body, dry_run=True).dry_run, True)
    made = api.management_create_instructor(body)
    same(api.management_list_instructors(id=made.id).data[0].id, made.id)
    change = flow.InstructorChange(bio="Teaches slow mornings.")
    same(api.management_update_instructor(made.id, change, dry_run=True).bio, change.bio)
    changed = api.management_update_instructor(made.id, change, if_match=f'"{made.version}"')
    same((changed.version, changed.dry_run), (made.version + 1, None))
    return made


def places():
    api = flow.LocationsApi(CLIENT)
    location = api.management_create_location(flow.LocationCreate(name="Annexe", address=flow.Address(city="Lisboa")))
    zone = flow.LocationChange(time_zone="Europe/Lisbon")
    same(api.management_update_location(location.id, zone).time_zone, "Europe/Lisbon")
    room = api.management_create_room(location.id, flow.RoomCreate(name="Attic", capacity=12))
    cellar = api.management_create_room(location.id, flow.RoomCreate(name="Cellar"))
    same(len(api.management_list_rooms(location.id).data), 2)
    same(api.management_update_room(location.id, cellar.id, flow.RoomChange(name="Vault")).name, "Vault")
    # The OpenAPI 3.0 document describes no body here.
    same(api.management_delete_room_with_http_info(location.id, cellar.id, dry_run=True).status_code, 200)
    gone(api.management_delete_room_with_http_info, location.id, cellar.id)
    garden = api.management_create_location(flow.LocationCreate(name="Garden"))
    gone(api.management_delete_location_with_http_info, garden.id)
    return room


def classes(instructor, room):
    programs, api = flow.ProgramsApi(CLIENT), flow.ClassesApi(CLIENT)
    program = programs.management_create_program(flow.ProgramCreate(name="Generated", starts_on="2030-01-07"))
    same(programs.management_update_program(program.id, flow.ProgramChange(capacity=20)).capacity, 20)
    weekly = lambda day: [flow.WeeklySlot(weekday=day, start_time="05:10")]
    made = api.management_create_class(flow.ClassCreate(
        name="Generated", duration_minutes=30, room_id=room.id, instructor_id=instructor.id, program_id=program.id,
        price=flow.Money(amount=1800, currency="EUR"),
        recurrence=flow.RecurrenceCreate(starts_on="2026-01-05", weekly=weekly("tuesday")),
    ))
    same(programs.management_get_program(program.id).classes[0].id, made.id)
    move = flow.ClassChange(recurrence=flow.RecurrenceChange(weekly=weekly("friday")))
    tried = api.management_update_class(made.id, move, dry_run=True)
    changed = api.management_update_class(made.id, move)
    same((changed.effects.moved, changed.price.amount), (tried.effects.moved, 1800))
    schedule = flow.ScheduleApi(CLIENT)
    occurrence = schedule.management_list_schedule(class_id=made.id, var_from="2026-01-01").data[-1]
    note = flow.OccurrenceChange(note="Bring a mat.")
    same(schedule.management_reschedule_occurrence(occurrence.id, note).note, "Bring a mat.")
    same(api.management_cancel_class(made.id).status, "cancelled")


def sales():
    api, coupons = flow.PlansApi(CLIENT), flow.CouponsApi(CLIENT)
    plan = api.management_create_plan(flow.PlanCreate(name="Generated", price=flow.Money(amount=5900, currency="EUR")))
    dearer = flow.PlanChange(price=flow.MoneyChange(amount=6100))
    same(api.management_update_plan(plan.id, dearer).price.amount, 6100)
    same(api.management_archive_plan(plan.id, dry_run=True).result.status, "archived")
    same(api.management_archive_plan(plan.id).status, "archived")
    coupon = coupons.management_create_coupon(flow.CouponCreate(code="GENERATED", percent_off=10))
    same(len(coupons.management_list_coupons(id=coupon.id).data), 1)
    gone(coupons.management_delete_coupon_with_http_info, coupon.id)


def members():
    api = flow.MembersApi(CLIENT)
    member = api.management_invite_member(flow.MembershipCreate(email="generated@python.example"))
    change = flow.MembershipChange(first_name="Ana")
    same(api.management_update_member(member.id, change).first_name, "Ana")
    ended = api.management_cancel_membership(member.id, cancellation=flow.Cancellation(when="now"))
    same(ended.status, "cancelled")


def content():
    api = flow.ContentApi(CLIENT)
    first = api.management_list_content(limit=1).data[0]
    same(api.management_update_content(first.id, flow.ContentChange(title="Generated")).title, "Generated")
    gone(api.management_delete_content_with_http_info, first.id)


classes(instructors(), places())
sales()
members()
content()
print("openapi-generator python: every resource went its way")
