-- Both forms of a domain, in letters of any script and in ASCII, are one address: whoever signs in by it has one account in a
-- studio. The keys of those that are there are computed by `rows_to_fill`.
alter table operators add column email_key text;
create unique index operators_by_email_key on operators (studio_id, email_key);
insert into rows_to_fill (name) select 'operators_email_key' where exists (select 1 from operators);
