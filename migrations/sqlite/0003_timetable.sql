-- Programs, their classes, and the occurrences that are laid out from these. The indexes follow the rule of
-- the step before.

create table programs (
    studio_id text not null references studios (id),
    id text not null,
    version integer not null,
    created_at text not null,
    updated_at text not null,
    external_id text,
    metadata text not null,
    name text not null,
    slug text not null,
    description text,
    kind text not null,
    starts_on text,
    ends_on text,
    image_url text,
    instructor_ids text not null,
    price text,
    capacity integer,
    visibility text not null,
    status text not null,
    primary key (studio_id, id),
    unique (studio_id, external_id),
    unique (studio_id, slug)
) strict, without rowid;
create index programs_by_kind on programs (studio_id, kind, id);
create index programs_by_visibility on programs (studio_id, visibility, id);
create index programs_by_status on programs (studio_id, status, id);
create index programs_by_change on programs (studio_id, updated_at, id);

create table classes (
    studio_id text not null references studios (id),
    id text not null,
    version integer not null,
    created_at text not null,
    updated_at text not null,
    external_id text,
    metadata text not null,
    name text not null,
    description text,
    program_id text,
    instructor_id text,
    location_id text,
    room_id text,
    level text not null,
    tags text not null,
    image_url text,
    duration_minutes integer not null,
    capacity integer,
    price text,
    visibility text not null,
    booking_window text,
    recurrence text not null,
    status text not null,
    -- The local date up to which occurrences are laid out; absent where nothing more is to come.
    laid_out_until text,
    primary key (studio_id, id),
    unique (studio_id, external_id),
    foreign key (studio_id, program_id) references programs (studio_id, id),
    foreign key (studio_id, instructor_id) references instructors (studio_id, id),
    foreign key (studio_id, location_id) references locations (studio_id, id),
    foreign key (studio_id, room_id) references rooms (studio_id, id)
) strict, without rowid;
-- Websites ask for what is active and public: cancelled classes pile up, hidden ones are few.
create index classes_by_level on classes (studio_id, level, id);
create index classes_by_visibility on classes (studio_id, visibility, id);
create index classes_by_status on classes (studio_id, status, id);
create index classes_by_status_and_visibility on classes (studio_id, status, visibility, id);
create index classes_by_program on classes (studio_id, program_id, id);
create index classes_by_location on classes (studio_id, location_id, id);
create index classes_by_room on classes (studio_id, room_id, id);
create index classes_by_instructor on classes (studio_id, instructor_id, id);
create index classes_by_change on classes (studio_id, updated_at, id);
create index classes_by_horizon on classes (status, laid_out_until);

create table occurrences (
    studio_id text not null,
    id text not null,
    version integer not null,
    created_at text not null,
    updated_at text not null,
    external_id text,
    metadata text not null,
    class_id text not null,
    planned_start text not null,
    starts_at text not null,
    ends_at text not null,
    local_start text not null,
    time_zone text not null,
    instructor_id text,
    location_id text,
    room_id text,
    capacity integer,
    booked_count integer not null,
    status text not null,
    cancel_reason text,
    note text,
    overridden text not null,
    -- Whether somebody edited it: it keeps as it is when its class changes.
    edited integer not null default 0,
    -- That of its class, so that a page of what is public is found without looking at classes. What is not told is not shown.
    visibility text not null default 'hidden',
    primary key (studio_id, id),
    unique (studio_id, external_id),
    unique (studio_id, class_id, planned_start),
    foreign key (studio_id, class_id) references classes (studio_id, id),
    foreign key (studio_id, instructor_id) references instructors (studio_id, id),
    foreign key (studio_id, location_id) references locations (studio_id, id),
    foreign key (studio_id, room_id) references rooms (studio_id, id)
) strict, without rowid;
-- Those by room and by instructor find conflicts, too; the one by visibility is the websites'.
create index occurrences_by_visibility on occurrences (studio_id, visibility, starts_at, id);
create index occurrences_by_status on occurrences (studio_id, status, starts_at, id);
create index occurrences_by_start on occurrences (studio_id, starts_at, id);
create index occurrences_by_location on occurrences (studio_id, location_id, starts_at, id);
create index occurrences_by_room on occurrences (studio_id, room_id, starts_at, id);
create index occurrences_by_instructor on occurrences (studio_id, instructor_id, starts_at, id);
create index occurrences_by_class on occurrences (studio_id, class_id, starts_at, id);
create index occurrences_by_class_and_status on occurrences (studio_id, class_id, status, starts_at, id);
create index occurrences_by_change on occurrences (studio_id, updated_at, id);
