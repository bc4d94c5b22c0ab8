-- Plans: what members pay for.

create table plans (
    studio_id text collate "C" not null references studios (id),
    id text collate "C" not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    external_id text,
    metadata jsonb not null,
    name text not null,
    description text,
    kind text not null,
    price jsonb not null,
    billing_interval text not null,
    billing_interval_count bigint not null,
    class_credits bigint,
    trial_days bigint,
    program_ids jsonb not null,
    visibility text not null,
    position bigint not null,
    status text not null,
    primary key (studio_id, id),
    unique (studio_id, external_id)
);
create index plans_by_interval on plans (studio_id, billing_interval, id);
create index plans_by_kind on plans (studio_id, kind, id);
create index plans_by_visibility on plans (studio_id, visibility, id);
create index plans_by_status on plans (studio_id, status, id);
create index plans_by_change on plans (studio_id, updated_at, id);
