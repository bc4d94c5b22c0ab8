-- Mail goes to anybody: to a member or to somebody of the staff, about any row. A link belongs to whom it was sent.

-- To whom it goes: one of the two. Their address is read when it is sent.
alter table outbox alter column membership_id drop not null;
alter table outbox add column staff_id text collate "C" references staff (id);
alter table outbox add constraint outbox_has_a_recipient check ((membership_id is null) <> (staff_id is null));
-- The row that it is about.
alter table outbox add column subject_id text collate "C";
update outbox set subject_id = membership_id;
alter table outbox alter column subject_id set not null;
create index outbox_by_staff on outbox (studio_id, staff_id);

alter table mail_links alter column membership_id drop not null;
alter table mail_links add column staff_id text collate "C" references staff (id);
alter table mail_links add constraint mail_links_have_a_holder check ((membership_id is null) <> (staff_id is null));
create index mail_links_by_staff on mail_links (studio_id, staff_id);

-- Whose retries a record is for: the first key of a line of replacements, or somebody of the staff.
alter table idempotency rename column lineage to scope;
