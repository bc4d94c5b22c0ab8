-- Studios, the people who run them, and the keys that open their data.

create table secrets (
    name text primary key,
    value text not null
);

create table studios (
    id text collate "C" primary key,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    slug text not null unique,
    name text not null,
    time_zone text not null,
    currency text not null,
    locale text not null,
    description text,
    logo_url text,
    contact jsonb not null,
    address jsonb,
    links jsonb not null,
    policies jsonb not null
);

create table operators (
    id text collate "C" primary key,
    studio_id text collate "C" not null references studios (id),
    email text not null,
    role text not null,
    password_hash text not null,
    created_at timestamptz not null,
    unique (studio_id, email)
);

create table keys (
    id text collate "C" primary key,
    studio_id text collate "C" not null references studios (id),
    public_id text collate "C" not null unique,
    kind text not null,
    name text not null,
    used_by text,
    scopes jsonb not null,
    origins jsonb not null,
    networks jsonb not null,
    rate_limit bigint not null,
    fingerprint text not null,
    last_four text not null,
    publishable text,
    lineage text collate "C" not null,
    replaces text collate "C" references keys (id),
    expires_at timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    last_used_at timestamptz,
    revoked_at timestamptz,
    revoked_by text,
    revoke_reason text
);
create index keys_by_studio on keys (studio_id, id);
create index keys_by_replaced on keys (replaces);

-- One row that counts changes to keys, so that a server can tell cheaply whether its memory of them is still true.
create table key_changes (
    id bigint primary key,
    revision bigint not null
);
insert into key_changes (id, revision) values (1, 0);

create table key_usage (
    key_id text collate "C" not null references keys (id),
    hour timestamptz not null,
    operation text not null,
    calls bigint not null,
    primary key (key_id, hour, operation)
);

create table key_networks (
    key_id text collate "C" not null references keys (id),
    network text not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    primary key (key_id, network)
);

create table key_exposures (
    key_id text collate "C" not null references keys (id),
    origin text not null,
    surface text not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    count bigint not null,
    primary key (key_id, origin, surface)
);

create table idempotency (
    studio_id text collate "C" not null references studios (id),
    lineage text collate "C" not null,
    -- The SHA-256 of the key: that may name a person.
    key_hash text not null,
    fingerprint text not null,
    status integer not null,
    etag text,
    body text not null,
    created_at timestamptz not null,
    primary key (studio_id, lineage, key_hash)
);
create index idempotency_by_age on idempotency (created_at);
