-- Only what differs from its class counts as an edit, and a note is no difference: what equals its plan follows again.
update occurrences set overridden = overridden - 'note' where overridden ? 'note';
update occurrences set edited = false where edited and overridden = '[]';

-- By which rules of time zones a studio's occurrences were laid out; absent where nobody knows.
alter table studios add column zone_rules text;
