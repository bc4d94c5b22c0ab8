-- Plans: what members pay for.

create table plans (
    studio_id text not null references studios (id),
    id text not null,
    version integer not null,
    created_at text not null,
    updated_at text not null,
    external_id text,
    metadata text not null,
    name text not null,
    description text,
    kind text not null,
    price text not null,
    billing_interval text not null,
    billing_interval_count integer not null,
    class_credits integer,
    trial_days integer,
    program_ids text not null,
    visibility text not null,
    position integer not null,
    status text not null,
    primary key (studio_id, id),
    unique (studio_id, external_id)
) strict, without rowid;
create index plans_by_interval on plans (studio_id, billing_interval, id);
create index plans_by_kind on plans (studio_id, kind, id);
create index plans_by_visibility on plans (studio_id, visibility, id);
create index plans_by_status on plans (studio_id, status, id);
create index plans_by_change on plans (studio_id, updated_at, id);
