-- The people who train at a studio.

create table members (
    studio_id text collate "C" not null references studios (id),
    id text collate "C" not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    external_id text,
    metadata jsonb not null,
    email text not null,
    first_name text,
    last_name text,
    phone text,
    birth_date text,
    plan_id text collate "C",
    status text not null,
    starts_on text,
    ends_on text,
    cancel_on text,
    cancelled_at timestamptz,
    cancel_reason text,
    tags jsonb not null,
    notes text,
    marketing_consent boolean not null,
    last_signed_in_at timestamptz,
    -- The e-mail address in lower case: nobody is a member twice.
    email_key text,
    primary key (studio_id, id),
    unique (studio_id, external_id),
    unique (studio_id, email_key),
    foreign key (studio_id, plan_id) references plans (studio_id, id)
);
create index members_by_change on members (studio_id, updated_at, id);
create index members_by_consent on members (studio_id, marketing_consent, id);
create index members_by_start on members (studio_id, starts_on, id);
create index members_by_last_day on members (studio_id, ends_on, id);
create index members_by_cancel_day on members (studio_id, cancel_on, id);
create index members_by_status on members (studio_id, status, id);
create index members_by_plan on members (studio_id, plan_id, id);
create index members_by_cancellation on members (studio_id, status, cancel_on);
create index members_by_end on members (studio_id, status, ends_on);
