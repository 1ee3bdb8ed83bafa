create table endpoint_config (
  realm bigint not null references realm,
  account text not null,
  region text not null,
  endpoint_config_name text not null,
  endpoint_config_arn text not null,
  -- CreateEndpointConfig's request, but for its tags, with the variants' default weights filled in
  request jsonb not null,
  created_at timestamptz not null,
  primary key (realm, region, endpoint_config_name)
);

create table endpoint (
  -- tells an endpoint from a later one of the same name
  endpoint_id text primary key,
  realm bigint not null references realm,
  account text not null,
  region text not null,
  endpoint_name text not null,
  endpoint_arn text not null,
  status text not null,
  failure_reason text,
  -- that it was created with; once a fleet serves, that fleet knows the present one
  endpoint_config_name text not null,
  deployment_config jsonb,
  -- how many stories this endpoint has begun, and the one that its present status is part of
  revision integer not null,
  story jsonb,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  -- in ARNs names are in lower case: names that differ only in case are the same to CreateEndpoint
  unique (realm, region, endpoint_arn)
);
create index endpoint_name on endpoint (realm, region, endpoint_name);
create index endpoint_arn on endpoint (endpoint_arn);

-- The replicas of one endpoint that were asked for at one time: all that is needed to start another one,
-- though the model and the configuration may be deleted meanwhile.
create table fleet (
  endpoint_id text not null references endpoint on delete cascade,
  generation integer not null,
  -- Launching, then Serving, then Retiring; a fleet that never came up goes from the first to the last
  stage text not null,
  endpoint_config_name text not null,
  variants jsonb not null,
  -- by variant, why a replica that was to come up since the last change did not
  failures jsonb not null default '{}',
  -- the version of the route table that has this fleet's present weights; null asks for a publication
  published_version bigint,
  launched_at timestamptz not null,
  primary key (endpoint_id, generation)
);

-- One replica is one task. The row is there before its task and goes after it.
create table replica (
  replica_id text primary key,
  endpoint_id text not null references endpoint on delete cascade,
  generation integer not null,
  variant_name text not null,
  -- when it may be started, later than its creation after replicas that died young, and how many did
  start_at timestamptz not null,
  failures integer not null,
  -- as last observed
  ready boolean not null default false,
  address jsonb,
  ready_at timestamptz,
  -- from which version of the route table on it gets no requests; null while it shall serve
  retired_version bigint,
  -- until when requests in flight are waited for
  drain_until timestamptz,
  created_at timestamptz not null
);
create index replica_endpoint on replica (endpoint_id);
