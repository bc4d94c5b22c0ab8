-- Each call that carried a key, for the studio's people. Kept for 30 days, and only the latest of each studio.
create table activity (
    studio_id text collate "C" not null references studios (id),
    id text collate "C" not null,
    -- When it was answered.
    at timestamptz not null,
    -- `storefront` or `management`; another where a key was sent that does not belong there.
    surface text not null,
    -- The operation's id, or method and path if no operation has that path.
    operation text,
    method text,
    path text,
    key_id text collate "C" not null references keys (id),
    -- Masked: a /24, or a /48 of IPv6.
    network text not null,
    status integer not null,
    -- Whether authorization refused it, before any handler ran.
    refused boolean not null,
    -- The code of an error.
    code text,
    -- The scope that the key lacked.
    required_scope text,
    request_id text collate "C" not null,
    duration_us bigint not null,
    primary key (studio_id, id)
);
create index activity_by_key on activity (studio_id, key_id, id);

-- How many calls of an hour were not recorded, since more came than are written.
create table activity_dropped (
    studio_id text collate "C" not null references studios (id),
    hour timestamptz not null,
    calls bigint not null,
    primary key (studio_id, hour)
);

-- The history of one row.
create index audit_by_subject on audit (studio_id, subject_id, id);
