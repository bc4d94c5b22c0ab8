-- A key is looked up by all of it, so that nothing tells one with a known id and a wrong secret part from one that nobody made.

create unique index keys_fingerprint on keys (fingerprint);
