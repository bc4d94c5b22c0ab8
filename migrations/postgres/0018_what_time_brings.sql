-- What an occurrence had given way before somebody edited it: set back, it follows its class again.
alter table occurrences add column gave_way jsonb not null default '[]';

-- What becomes another thing as time passes, with no write, is told to who follows `updated_since`. These are still to be told.
create index content_to_be_published on content (published_at) where status = 'published' and published_at > updated_at;
create index coupons_to_begin on coupons (valid_from) where valid_from > updated_at;
create index coupons_to_end on coupons (valid_until) where valid_until > updated_at;
