-- Who follows `updated_since` has to be told of every change that was committed. `updated_at` is given out in the order in
-- which writes are seen: on SQLite there is one writer at a time, and this row holds the last instant that was given out.
-- Steps of the clock do not move it back. `changed_by` is for PostgreSQL, where writes run side by side.

create table last_moment (
    id integer not null primary key check (id = 1),
    micros integer not null
) strict;

insert into last_moment (id, micros)
select 1, coalesce(max(cast(strftime('%s', at) as integer) * 1000000 + 1000000), 0) from (
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
);

alter table instructors add column changed_by integer not null default 0;
alter table locations add column changed_by integer not null default 0;
alter table rooms add column changed_by integer not null default 0;
alter table programs add column changed_by integer not null default 0;
alter table classes add column changed_by integer not null default 0;
alter table occurrences add column changed_by integer not null default 0;
alter table plans add column changed_by integer not null default 0;
alter table coupons add column changed_by integer not null default 0;
alter table content add column changed_by integer not null default 0;
alter table members add column changed_by integer not null default 0;
