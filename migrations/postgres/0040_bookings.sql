-- Who takes part in an occurrence, and who waits for a place in it.

create table bookings (
    studio_id text collate "C" not null references studios (id),
    id text collate "C" not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    external_id text,
    metadata jsonb not null,
    occurrence_id text collate "C" not null,
    membership_id text collate "C" not null,
    -- Those of the occurrence, so that a member's bookings are found in the order of their start.
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    status text not null,
    cancelled_at timestamptz,
    cancelled_by text,
    -- The order in which those who wait have come, counted in each occurrence; absent where somebody never waited.
    queue_number bigint,
    -- When somebody who waits was offered a place that they could not cancel in time any more.
    offered_at timestamptz,
    changed_by bigint not null default 0,
    primary key (studio_id, id),
    unique (studio_id, external_id),
    unique (studio_id, occurrence_id, queue_number),
    foreign key (studio_id, occurrence_id) references occurrences (studio_id, id),
    foreign key (studio_id, membership_id) references members (studio_id, id)
);
-- Nobody has two places in one occurrence, or a place and one in its waiting list.
create unique index bookings_that_count on bookings (studio_id, occurrence_id, membership_id) where cancelled_at is null;
create index bookings_by_occurrence on bookings (studio_id, occurrence_id, status, queue_number);
create index bookings_by_member on bookings (studio_id, membership_id, starts_at, id);
-- What a member has booked for a time: however often they cancelled, only what counts is read.
create index bookings_of_member_that_count on bookings (studio_id, membership_id, starts_at, id) where cancelled_at is null;
create index bookings_by_members_change on bookings (studio_id, membership_id, updated_at, id);

create trigger bookings_are_removed after delete on bookings for each row execute function note_removed();

create trigger bookings_are_new before insert on bookings for each row execute function note_changed_by();
create trigger bookings_are_changed before update on bookings for each row
    when (old.updated_at is distinct from new.updated_at) execute function note_changed_by();

-- Counted together with `booked_count`. What was said of bookings before there were any is not kept.
alter table occurrences add column waiting_count bigint not null default 0;
update occurrences set booked_count = 0 where booked_count <> 0;
