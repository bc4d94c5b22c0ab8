-- An e-mail that goes to another address than its reader has now: to the new one, which is to be confirmed, or to the one before.
alter table outbox add column address text;

-- The address that a link confirms.
alter table mail_links add column address text;
