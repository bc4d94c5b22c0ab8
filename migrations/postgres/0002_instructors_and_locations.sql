-- Instructors, locations, rooms. The primary key starts with the studio, so that a page of a studio's rows lies
-- together, and a reference can only name a row of the same studio.
--
-- Every filter of a list has an index that ends in the order of the list, so that a page reads what it shows, also where
-- few of a million rows have the value that is asked for. These rows are written seldom, and read all the time. `by_change`
-- is in the order in which `updated_since` lists. Where two filters meet, SQLite takes the index that was made last: in
-- each table the widest filter comes first, and the narrowest last.

create table instructors (
    studio_id text collate "C" not null references studios (id),
    id text collate "C" not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    external_id text,
    metadata jsonb not null,
    display_name text not null,
    first_name text,
    last_name text,
    slug text not null,
    bio text,
    photo_url text,
    email text,
    phone text,
    specialties jsonb not null,
    links jsonb not null,
    status text not null,
    position bigint not null,
    primary key (studio_id, id),
    unique (studio_id, external_id),
    unique (studio_id, slug)
);
create index instructors_by_status on instructors (studio_id, status, id);
create index instructors_by_change on instructors (studio_id, updated_at, id);

create table locations (
    studio_id text collate "C" not null references studios (id),
    id text collate "C" not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    external_id text,
    metadata jsonb not null,
    name text not null,
    kind text not null,
    address jsonb,
    time_zone text,
    latitude double precision,
    longitude double precision,
    phone text,
    email text,
    description text,
    directions text,
    status text not null,
    primary key (studio_id, id),
    unique (studio_id, external_id)
);
create index locations_by_status on locations (studio_id, status, id);
create index locations_by_kind on locations (studio_id, kind, id);
create index locations_by_change on locations (studio_id, updated_at, id);

create table rooms (
    studio_id text collate "C" not null,
    location_id text collate "C" not null,
    id text collate "C" not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    external_id text,
    metadata jsonb not null,
    name text not null,
    capacity bigint,
    amenities jsonb not null,
    status text not null,
    primary key (studio_id, id),
    unique (studio_id, external_id),
    foreign key (studio_id, location_id) references locations (studio_id, id)
);
create index rooms_by_change on rooms (studio_id, location_id, updated_at, id);
create index rooms_by_location on rooms (studio_id, location_id, id);
create index rooms_by_status on rooms (studio_id, location_id, status, id);
