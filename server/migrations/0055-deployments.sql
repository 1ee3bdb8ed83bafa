-- By variant, which share of its requests a fleet gets and by how many of its instances, while a deployment
-- shifts traffic; null: all of the one that serves, none of the one that is launched.
alter table fleet add column traffic jsonb;

-- One UpdateEndpoint, by the fleet that it launches. The plan and how far it has come; kept as a record.
create table deployment (
  endpoint_id text not null references endpoint on delete cascade,
  generation integer not null,
  from_config_name text not null,
  to_config_name text not null,
  plan jsonb not null,
  -- index of the plan's phase, what is being done of it and since when
  phase integer not null,
  stage text not null,
  since timestamptz not null,
  bake_until timestamptz,
  -- a person's wish, for the phase in which it was uttered
  command text,
  status text not null,
  failure_reason text,
  started_at timestamptz not null,
  deadline timestamptz not null,
  ended_at timestamptz,
  primary key (endpoint_id, generation)
);

-- What a deployment decided, and why. A decision is written once, though what makes it may run again.
create table deployment_decision (
  endpoint_id text not null,
  generation integer not null,
  decision_number integer not null,
  decision_key text not null,
  decided_at timestamptz not null,
  decision text not null,
  cause text not null,
  -- shares, counts, what alarms saw, requests, duration
  detail jsonb not null default '{}',
  primary key (endpoint_id, generation, decision_key),
  foreign key (endpoint_id, generation) references deployment on delete cascade
);
