-- What a rehearsal makes go wrong: with the replicas of an endpoint until it is cleared, or once with a job.
-- An empty variant or configuration name: every one. Gone with the account's life.
create table injected_fault (
  realm bigint not null,
  target_arn text not null,
  variant_name text not null,
  endpoint_config_name text not null,
  fault jsonb not null,
  injected_at timestamptz not null,
  primary key (realm, target_arn, variant_name, endpoint_config_name)
);
