-- A refused call is use, too: calls are counted by outcome. All that was counted before was admitted.
-- The outcome is `admitted`, or the refusal's code.
alter table key_usage add column outcome text not null default 'admitted';
alter table key_usage alter column outcome drop default;
alter table key_usage drop constraint key_usage_pkey;
alter table key_usage add primary key (key_id, hour, operation, outcome);

-- When a call from there was admitted last; null where all were refused.
alter table key_networks add column last_admitted_at timestamptz;
update key_networks set last_admitted_at = last_seen_at;

-- The network of the last use.
alter table keys add column last_used_from text;
-- Refused calls with older keys were not counted before this step: of one without a use nobody knows that it was never used.
alter table keys add column uses_unknown_before timestamptz;
update keys set uses_unknown_before = now();
