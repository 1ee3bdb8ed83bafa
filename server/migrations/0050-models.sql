create table model (
  realm bigint not null references realm,
  account text not null,
  region text not null,
  model_name text not null,
  model_arn text not null,
  -- CreateModel's request, but for its tags
  request jsonb not null,
  created_at timestamptz not null,
  primary key (realm, region, model_name)
);
