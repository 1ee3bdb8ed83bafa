-- A replica of a model with several containers is as many tasks: the first has the replica's own id, the
-- n-th its id followed by `-n`.
alter table replica add column container_count integer not null default 1;
-- where the second container and those after it are reached, in order
alter table replica add column further_addresses jsonb;
