-- Coupons. A code is kept as it was written, and is unique whatever its case; it is ASCII, whose case both engines fold.

create table coupons (
    studio_id text collate "C" not null references studios (id),
    id text collate "C" not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    external_id text,
    metadata jsonb not null,
    code text collate "C" not null,
    kind text not null,
    percent_off bigint,
    amount_off jsonb,
    duration text not null,
    duration_months bigint,
    max_redemptions bigint,
    redeemed_count bigint not null,
    valid_from timestamptz,
    valid_until timestamptz,
    plan_ids jsonb not null,
    first_time_only boolean not null,
    primary key (studio_id, id),
    unique (studio_id, external_id)
);
create index coupons_by_kind on coupons (studio_id, kind, id);
create index coupons_by_duration on coupons (studio_id, duration, id);
create unique index coupons_by_code on coupons (studio_id, lower(code));
create index coupons_by_change on coupons (studio_id, updated_at, id);
