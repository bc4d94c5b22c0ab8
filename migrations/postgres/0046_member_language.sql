-- The language of the pages when somebody last signed in as this member, for their e-mails; null where the studio's locale decides.
alter table members add column language text collate "C";
