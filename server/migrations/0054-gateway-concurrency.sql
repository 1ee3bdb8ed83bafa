-- Requests under way at each gateway by variant, replaced every second: together they are an endpoint's
-- concurrency, which no gateway knows alone.
create table gateway_concurrency (
  gateway_id text primary key,
  -- [{variant, mean, instances}], as the gateway counts them
  requests jsonb not null,
  seen_at timestamptz not null
);

-- The platform's second up to which concurrency is recorded: the first gateway to come records for all.
create table concurrency_recorded (
  only_row boolean primary key default true check (only_row),
  second bigint not null
);
insert into concurrency_recorded (second) values (0);
