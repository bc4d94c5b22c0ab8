-- Only what differs from its class counts as an edit, and a note is no difference: what equals its plan follows again.
update occurrences
set overridden = (select json_group_array(field.value) from json_each(occurrences.overridden) as field where field.value <> 'note')
where overridden like '%"note"%';
update occurrences set edited = 0 where edited = 1 and overridden = '[]';

-- By which rules of time zones a studio's occurrences were laid out; absent where nobody knows.
alter table studios add column zone_rules text;
