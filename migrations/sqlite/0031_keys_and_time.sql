-- Which warning that a key expires was written last: for which end, and how many days before it. Another end begins anew.
create table key_expiry_notices (
    studio_id text not null references studios (id),
    key_id text not null references keys (id),
    expires_at text not null,
    days integer not null,
    noticed_at text not null,
    primary key (studio_id, key_id)
) strict, without rowid;
create index keys_by_end on keys (studio_id, expires_at) where revoked_at is null and expires_at is not null;

-- An exposure is an object with an id, of which owners are told once. Those from before this step have none, and stay untold.
alter table key_exposures add column id text;
-- When it was decided whether owners are told, and when they were.
alter table key_exposures add column noticed_at text;
alter table key_exposures add column mailed_at text;
create unique index key_exposures_by_id on key_exposures (id);
create index key_exposures_to_notice on key_exposures (first_seen_at) where id is not null and noticed_at is null;

-- Unused scopes of keys that somebody wants to keep all the same, and why.
create table put_aside_findings (
    studio_id text not null references studios (id),
    key_id text not null references keys (id),
    scope text not null,
    reason text not null,
    put_aside_at text not null,
    -- The hour of that: calls are counted by the hour, and a later one that needs the scope ends this.
    hour text not null,
    put_aside_by text not null,
    primary key (studio_id, key_id, scope)
) strict, without rowid;

-- Keys that a rotation ends: so many days after the first use of their replacement.
create table rotation_ends (
    studio_id text not null references studios (id),
    key_id text not null references keys (id),
    days integer not null,
    chosen_at text not null,
    -- When the first use set the key's end, and the end that it had before.
    set_at text,
    end_before text,
    primary key (studio_id, key_id)
) strict, without rowid;
create index rotation_ends_to_set on rotation_ends (chosen_at) where set_at is null;
