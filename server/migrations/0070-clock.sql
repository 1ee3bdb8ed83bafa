-- The platform's clock: it read `at` when the wall's read `since`, and has run `speed` times as fast since
-- then. No row: the wall's own time. The version grows with each setting, so that processes that follow
-- take none twice and no older one.
create table clock_setting (
  only_one boolean primary key default true check (only_one),
  version bigint not null,
  at timestamptz not null,
  since timestamptz not null,
  speed double precision not null check (speed >= 0),
  -- settings before, oldest first: instants of the wall are read by the one that held then
  earlier jsonb not null
);
