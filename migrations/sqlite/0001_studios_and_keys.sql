-- Studios, the people who run them, and the keys that open their data.
-- Instants are RFC 3339 text with six digits; JSON is text.

create table secrets (
    name text primary key,
    value text not null
) strict, without rowid;

create table studios (
    id text primary key,
    version integer not null,
    created_at text not null,
    updated_at text not null,
    slug text not null unique,
    name text not null,
    time_zone text not null,
    currency text not null,
    locale text not null,
    description text,
    logo_url text,
    contact text not null,
    address text,
    links text not null,
    policies text not null
) strict, without rowid;

create table operators (
    id text primary key,
    studio_id text not null references studios (id),
    email text not null,
    role text not null,
    password_hash text not null,
    created_at text not null,
    unique (studio_id, email)
) strict, without rowid;

create table keys (
    id text primary key,
    studio_id text not null references studios (id),
    public_id text not null unique,
    kind text not null,
    name text not null,
    used_by text,
    scopes text not null,
    origins text not null,
    networks text not null,
    rate_limit integer not null,
    fingerprint text not null,
    last_four text not null,
    publishable text,
    lineage text not null,
    replaces text references keys (id),
    expires_at text,
    created_at text not null,
    created_by text not null,
    last_used_at text,
    revoked_at text,
    revoked_by text,
    revoke_reason text
) strict, without rowid;
create index keys_by_studio on keys (studio_id, id);
create index keys_by_replaced on keys (replaces);

-- One row that counts changes to keys, so that a server can tell cheaply whether its memory of them is still true.
create table key_changes (
    id integer primary key,
    revision integer not null
) strict;
insert into key_changes (id, revision) values (1, 0);

create table key_usage (
    key_id text not null references keys (id),
    hour text not null,
    operation text not null,
    calls integer not null,
    primary key (key_id, hour, operation)
) strict, without rowid;

create table key_networks (
    key_id text not null references keys (id),
    network text not null,
    first_seen_at text not null,
    last_seen_at text not null,
    primary key (key_id, network)
) strict, without rowid;

create table key_exposures (
    key_id text not null references keys (id),
    origin text not null,
    surface text not null,
    first_seen_at text not null,
    last_seen_at text not null,
    count integer not null,
    primary key (key_id, origin, surface)
) strict, without rowid;

create table idempotency (
    studio_id text not null references studios (id),
    lineage text not null,
    -- The SHA-256 of the key: that may name a person.
    key_hash text not null,
    fingerprint text not null,
    status integer not null,
    etag text,
    body text not null,
    created_at text not null,
    primary key (studio_id, lineage, key_hash)
) strict, without rowid;
create index idempotency_by_age on idempotency (created_at);
