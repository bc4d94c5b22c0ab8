-- The language that somebody of the staff chose for pages and e-mails; null where the browser, or the studio's locale, decides.
alter table staff add column language text;
