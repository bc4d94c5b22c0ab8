-- Each call that carried a key, for the studio's people. Kept for 30 days, and only the latest of each studio.
create table activity (
    studio_id text not null references studios (id),
    id text not null,
    -- When it was answered.
    at text not null,
    -- `storefront` or `management`; another where a key was sent that does not belong there.
    surface text not null,
    -- The operation's id, or method and path if no operation has that path.
    operation text,
    method text,
    path text,
    key_id text not null references keys (id),
    -- Masked: a /24, or a /48 of IPv6.
    network text not null,
    status integer not null,
    -- Whether authorization refused it, before any handler ran.
    refused integer not null,
    -- The code of an error.
    code text,
    -- The scope that the key lacked.
    required_scope text,
    request_id text not null,
    duration_us integer not null,
    primary key (studio_id, id)
) strict, without rowid;
create index activity_by_key on activity (studio_id, key_id, id);

-- How many calls of an hour were not recorded, since more came than are written.
create table activity_dropped (
    studio_id text not null references studios (id),
    hour text not null,
    calls integer not null,
    primary key (studio_id, hour)
) strict, without rowid;

-- The history of one row.
create index audit_by_subject on audit (studio_id, subject_id, id);
