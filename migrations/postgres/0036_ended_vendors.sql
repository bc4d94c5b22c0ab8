-- Vendors and integrations that a studio has ended. Their keys were revoked; the row stays.
create table ended_vendors (
    studio_id text collate "C" not null references studios (id),
    -- As the keys name them.
    name text not null,
    ended_at timestamptz not null,
    ended_by text not null,
    primary key (studio_id, name)
);
