-- Sign-ins in windows are counted for each studio before another is noted.
create index window_requests_by_studio on window_requests (studio_id);
