-- What the data plane knows: one route per endpoint that has begun to serve. A withdrawn route stays as a
-- row without content for a while, so that a gateway that asks "what changed since" hears of it; that is
-- why it must outlive its realm's rows and has no foreign key.
create table endpoint_route (
  life bigint not null,
  account text not null,
  region text not null,
  endpoint_name text not null,
  version bigint not null,
  route jsonb,
  withdrawn_at timestamptz,
  primary key (life, region, endpoint_name)
);
create index endpoint_route_by_version on endpoint_route (version);

-- The version of the table as a whole. Its one row is locked by each publication until it commits, so that
-- versions become visible in their order and "everything up to" has a meaning.
create table endpoint_route_version (
  singleton boolean primary key default true check (singleton),
  version bigint not null
);
insert into endpoint_route_version (version) values (0);

-- How far each gateway has come. `seen_at`, and `withdrawn_at` above, are Postgres's time, not the platform's
-- clock: they say whether a process is alive and can have heard, which a frozen clock must not hide.
create table gateway_route_version (
  gateway_id text primary key,
  version bigint not null,
  busy_replica_ids jsonb not null default '[]',
  seen_at timestamptz not null
);
