"""Calls a running gateway with a client that a popular generator makes of the gateway's own document.

Usage: generated_client.py URL DIRECTORY, with a secret key of all scopes in FLOW_KEY. Nothing may be left out of the
client, and each resource goes the way that an integrator takes it: create, list, send the row back whole, change
one field of it, try a change, remove.
"""

import importlib
import os
import subprocess
import sys
from pathlib import Path

URL, DIRECTORY = sys.argv[1], Path(sys.argv[2])


def generate():
    """Makes the client; whatever the generator warns of, it has left out."""
    config = DIRECTORY / "generator.yaml"
    config.write_text("post_hooks: []\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--url", f"{URL}/openapi.json"]
    command += ["--config", str(config), "--meta", "none", "--output-path", str(DIRECTORY / "flow_client")]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    said = made.stdout + made.stderr
    assert made.returncode == 0 and "arning" not in said, said
    sys.path.insert(0, str(DIRECTORY))


def module(path):
    return importlib.import_module(f"flow_client.{path}")


def model(name):
    return getattr(module("models"), name)


class Resource:
    """One resource: its place among the client's modules, and the names that its models have."""

    def __init__(self, client, place, one, many, row, inside=()):
        self.client, self.place, self.one, self.many, self.row, self.inside = client, place, one, many, row, inside

    def call(self, operation, *ids, status=200, **arguments):
        operation = module(f"api.{self.place}.management_{operation}")
        reply = operation.sync_detailed(*self.inside, *ids, client=self.client, **arguments)
        assert reply.status_code == status, f"{operation.__name__}: {reply.status_code} {reply.content!r}"
        return reply.parsed

    def create(self, fields, word="create"):
        body = model(f"{self.row}Create").from_dict(fields)
        made = self.call(f"{word}_{self.one}", body=body, status=201)
        assert isinstance(made, model(self.row)), made
        return made

    def first(self, **filters):
        return self.call(f"list_{self.many}", **filters).data[0]

    def go_round(self, row, word="update"):
        """The row that was read comes back whole, by the client's own models."""
        change = f"{word}_{self.one}"
        of = lambda fields: model(f"{self.row}Change").from_dict(fields)
        read = self.first(id=row.id)
        assert read.id == row.id
        kept = self.call(change, row.id, body=of(read.to_dict()))
        assert kept.version == read.version, f"{change} of a row as it was read made version {kept.version}"
        tried = self.call(change, row.id, body=of({**read.to_dict(), "external_id": "tried"}), dry_run=True)
        assert (tried.dry_run, tried.external_id, tried.result.version) == (True, "tried", read.version + 1), tried
        changed = self.call(change, row.id, body=of({**read.to_dict(), "external_id": f"own-{row.id}"}))
        assert (changed.version, changed.external_id) == (read.version + 1, f"own-{row.id}"), changed
        return changed

    def remove(self, row, word="delete", status=204):
        tried = self.call(f"{word}_{self.one}", row.id, dry_run=True)
        assert (tried.dry_run, tried.result is None) == (True, status == 204), tried
        gone = self.call(f"{word}_{self.one}", row.id, status=status)
        assert status == 204 or gone.id == row.id, gone


def main():
    generate()
    client = module("client").AuthenticatedClient(base_url=URL, token=os.environ["FLOW_KEY"])
    resource = lambda *names, **more: Resource(client, *names, **more)

    instructors = resource("instructors", "instructor", "instructors", "Instructor")
    instructor = instructors.go_round(instructors.create({"display_name": "Rita Sousa"}))

    locations = resource("locations", "location", "locations", "Location")
    location = locations.go_round(locations.create({"name": "Annexe", "time_zone": "Europe/Lisbon"}))
    rooms = resource("locations", "room", "rooms", "Room", inside=(location.id,))
    room = rooms.go_round(rooms.create({"name": "Attic", "capacity": 12}))

    programs = resource("programs", "program", "programs", "Program")
    program = programs.go_round(programs.create({"name": "Generated", "starts_on": "2030-01-07"}))
    assert programs.call("get_program", program.id).classes == []

    classes = resource("classes", "class", "classes", "Class")
    weekly = [{"weekday": "tuesday", "start_time": "05:10"}]
    made = classes.create({
        "name": "Generated", "duration_minutes": 30, "room_id": room.id, "instructor_id": instructor.id,
        "program_id": program.id, "recurrence": {"starts_on": "2026-01-05", "weekly": weekly},
    })
    made = classes.go_round(made)

    schedule = resource("schedule", "occurrence", "schedule", "Occurrence")
    schedule.go_round(schedule.first(class_id=made.id), word="reschedule")
    classes.remove(made, word="cancel", status=200)
    rooms.remove(rooms.create({"name": "Cellar"}))
    locations.remove(locations.create({"name": "Garden"}))

    plans = resource("plans", "plan", "plans", "Plan")
    plan = plans.go_round(plans.create({"name": "Generated", "price": {"amount": 5900, "currency": "EUR"}}))
    plans.remove(plan, word="archive", status=200)

    coupons = resource("coupons", "coupon", "coupons", "Coupon")
    coupons.remove(coupons.create({"code": "GENERATED", "kind": "percent", "percent_off": 10}))

    members = resource("members", "member", "members", "Membership")
    member = members.create({"email": "generated@member.example", "plan_id": None}, word="invite")
    member = members.go_round(member)
    cancelled = members.call("cancel_membership", member.id, body=model("Cancellation").from_dict({"when": "now"}))
    assert cancelled.status.value == "cancelled", cancelled

    content = resource("content", "content", "content", "Content")
    content.remove(content.go_round(content.first()))
    print("every resource went its way")


main()
