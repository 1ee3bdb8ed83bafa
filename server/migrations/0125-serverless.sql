-- What gateways want of serverless variants: each says so at most once a second, while it has requests.
create table serverless_demand (
  realm bigint not null references realm,
  endpoint_arn text not null,
  generation integer not null,
  variant_name text not null,
  gateway_id text not null,
  -- requests under way, held ones among them: now, most at once since the gateway spoke before, and most at once
  -- since the present watch for idle environments began
  present integer not null,
  requests integer not null,
  peak integer not null,
  -- by the wall's clock
  noted_at timestamptz not null,
  primary key (realm, endpoint_arn, generation, variant_name, gateway_id)
);

-- How many environments of a serverless variant are kept, and since when by the platform's clock that is
-- watched: those that were not needed for as long as the idle time are ended.
create table serverless_environments (
  endpoint_id text not null references endpoint on delete cascade,
  generation integer not null,
  variant_name text not null,
  count integer not null,
  since timestamptz not null,
  primary key (endpoint_id, generation, variant_name)
);
