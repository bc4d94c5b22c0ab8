-- What a mail about a moved class says of the time before.
alter table outbox add column moved_from timestamptz;
create index outbox_by_subject on outbox (studio_id, subject_id);
