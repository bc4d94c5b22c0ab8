-- Who follows `updated_since` has to be told of every change that was committed. Writes run side by side here: one that
-- began earlier may be seen later. So `updated_at` is given out in the order of transaction ids, `changed_by` keeps the id
-- of the transaction that gave a row its `updated_at`, and a list of changes shows no row whose transaction may still be
-- overtaken by one that began earlier.

-- The last instant that was given out, in microseconds since 1970. A sequence, since it must not wait for a transaction's
-- end, nor be taken back with it.
create sequence last_moment minvalue -9223372036854775807;

select setval('last_moment', coalesce(max(cast(extract(epoch from at) * 1000000 as bigint)), 0)) from (
    select max(updated_at) as at from instructors
    union all
    select max(updated_at) as at from locations
    union all
    select max(updated_at) as at from rooms
    union all
    select max(updated_at) as at from programs
    union all
    select max(updated_at) as at from classes
    union all
    select max(updated_at) as at from occurrences
    union all
    select max(updated_at) as at from plans
    union all
    select max(updated_at) as at from coupons
    union all
    select max(updated_at) as at from content
    union all
    select max(updated_at) as at from members
) as newest;

-- Begins a write: gives its transaction an id, and takes as many instants as it asks for, the first of which it returns:
-- later than all that were given out before, whatever the clocks say. The lock makes both one step, so that the order of
-- the ids is the order of the instants. It is given back at once, also where a time limit or a caller who has gone cuts in.
-- Nobody queues for it: handing it from one to the next would cost a change of processes each, while it is held for microseconds.
create function begin_moment(clock bigint, instants bigint) returns bigint language plpgsql as $$
declare
    moment bigint;
    began timestamptz := clock_timestamp();
begin
    if pg_current_xact_id_if_assigned() is not null then
        raise exception 'a moment is taken before anything is written';
    end if;
    begin
        while not pg_try_advisory_lock(7604, 9) loop
            if clock_timestamp() > began + interval '2 seconds' then
                raise exception 'no moment was to be had' using errcode = 'lock_not_available';
            end if;
            perform pg_sleep(0.0002);
        end loop;
        perform pg_current_xact_id();
        select greatest(clock, last_value + 1) into moment from last_moment;
        perform setval('last_moment', moment + instants - 1);
        perform pg_advisory_unlock(7604, 9);
    exception when query_canceled or others then
        perform pg_advisory_unlock(7604, 9);
        raise;
    end;
    return moment;
end
$$;

-- Notes whose `updated_at` a row has. Where a write that began later came first, the row keeps its instant, and so its id. An
-- id that no transaction can have had yet comes from another server, by a dump.
create function note_changed_by() returns trigger language plpgsql as $$
declare
    own bigint := cast(cast(pg_current_xact_id() as text) as bigint);
begin
    new.changed_by := own;
    if tg_op = 'UPDATE' and old.changed_by > own
        and old.changed_by < cast(cast(pg_snapshot_xmax(pg_current_snapshot()) as text) as bigint) then
        new.changed_by := old.changed_by;
    end if;
    return new;
end
$$;

alter table instructors add column changed_by bigint not null default 0;
create trigger instructors_are_new before insert on instructors for each row execute function note_changed_by();
create trigger instructors_are_changed before update on instructors for each row
    when (old.updated_at is distinct from new.updated_at) execute function note_changed_by();

alter table locations add column changed_by bigint not null default 0;
create trigger locations_are_new before insert on locations for each row execute function note_changed_by();
create trigger locations_are_changed before update on locations for each row
    when (old.updated_at is distinct from new.updated_at) execute function note_changed_by();

alter table rooms add column changed_by bigint not null default 0;
create trigger rooms_are_new before insert on rooms for each row execute function note_changed_by();
create trigger rooms_are_changed before update on rooms for each row
    when (old.updated_at is distinct from new.updated_at) execute function note_changed_by();

alter table programs add column changed_by bigint not null default 0;
create trigger programs_are_new before insert on programs for each row execute function note_changed_by();
create trigger programs_are_changed before update on programs for each row
    when (old.updated_at is distinct from new.updated_at) execute function note_changed_by();

alter table classes add column changed_by bigint not null default 0;
create trigger classes_are_new before insert on classes for each row execute function note_changed_by();
create trigger classes_are_changed before update on classes for each row
    when (old.updated_at is distinct from new.updated_at) execute function note_changed_by();

alter table occurrences add column changed_by bigint not null default 0;
create trigger occurrences_are_new before insert on occurrences for each row execute function note_changed_by();
create trigger occurrences_are_changed before update on occurrences for each row
    when (old.updated_at is distinct from new.updated_at) execute function note_changed_by();

alter table plans add column changed_by bigint not null default 0;
create trigger plans_are_new before insert on plans for each row execute function note_changed_by();
create trigger plans_are_changed before update on plans for each row
    when (old.updated_at is distinct from new.updated_at) execute function note_changed_by();

alter table coupons add column changed_by bigint not null default 0;
create trigger coupons_are_new before insert on coupons for each row execute function note_changed_by();
create trigger coupons_are_changed before update on coupons for each row
    when (old.updated_at is distinct from new.updated_at) execute function note_changed_by();

alter table content add column changed_by bigint not null default 0;
create trigger content_are_new before insert on content for each row execute function note_changed_by();
create trigger content_are_changed before update on content for each row
    when (old.updated_at is distinct from new.updated_at) execute function note_changed_by();

alter table members add column changed_by bigint not null default 0;
create trigger members_are_new before insert on members for each row execute function note_changed_by();
create trigger members_are_changed before update on members for each row
    when (old.updated_at is distinct from new.updated_at) execute function note_changed_by();

