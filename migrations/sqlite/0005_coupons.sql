-- Coupons. A code is kept as it was written, and is unique whatever its case; it is ASCII, whose case both engines fold.

create table coupons (
    studio_id text not null references studios (id),
    id text not null,
    version integer not null,
    created_at text not null,
    updated_at text not null,
    external_id text,
    metadata text not null,
    code text not null,
    kind text not null,
    percent_off integer,
    amount_off text,
    duration text not null,
    duration_months integer,
    max_redemptions integer,
    redeemed_count integer not null,
    valid_from text,
    valid_until text,
    plan_ids text not null,
    first_time_only integer not null,
    primary key (studio_id, id),
    unique (studio_id, external_id)
) strict, without rowid;
create index coupons_by_kind on coupons (studio_id, kind, id);
create index coupons_by_duration on coupons (studio_id, duration, id);
create unique index coupons_by_code on coupons (studio_id, lower(code));
create index coupons_by_change on coupons (studio_id, updated_at, id);
