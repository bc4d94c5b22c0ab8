-- A refused call is use, too: calls are counted by outcome. All that was counted before was admitted.
create table key_usage_by_outcome (
    key_id text not null references keys (id),
    hour text not null,
    operation text not null,
    -- `admitted`, or the refusal's code.
    outcome text not null,
    calls integer not null,
    primary key (key_id, hour, operation, outcome)
) strict, without rowid;
insert into key_usage_by_outcome (key_id, hour, operation, outcome, calls)
    select key_id, hour, operation, 'admitted', calls from key_usage;
drop table key_usage;
alter table key_usage_by_outcome rename to key_usage;

-- When a call from there was admitted last; null where all were refused.
alter table key_networks add column last_admitted_at text;
update key_networks set last_admitted_at = last_seen_at;

-- The network of the last use.
alter table keys add column last_used_from text;
-- Refused calls with older keys were not counted before this step: of one without a use nobody knows that it was never used.
alter table keys add column uses_unknown_before text;
update keys set uses_unknown_before = strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z';
