-- An inference component: a model whose copies share the instances of an endpoint's variant.
create table inference_component (
  -- tells a component from a later one of the same name
  component_id text primary key,
  realm bigint not null references realm,
  account text not null,
  region text not null,
  inference_component_name text not null,
  inference_component_arn text not null,
  endpoint_id text not null references endpoint on delete cascade,
  endpoint_name text not null,
  endpoint_arn text not null,
  variant_name text not null,
  status text not null,
  failure_reason text,
  -- how many copies there shall be once the present change is over
  desired_copy_count integer not null,
  -- what UpdateInferenceComponent was last given
  deployment_config jsonb,
  -- of a change that is under way: what it does, phase by phase, and what it comes back to
  plan jsonb,
  -- how many stories the component has begun, and the one that its present status is part of
  revision integer not null,
  story jsonb,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  -- in ARNs names are in lower case: names that differ only in case are the same
  unique (realm, region, inference_component_arn)
);
create index inference_component_name on inference_component (realm, region, inference_component_name);
create index inference_component_endpoint on inference_component (endpoint_id);

-- Copies that are kept on the instances of a variant: what one specification of an inference component asks for.
create table component_workload (
  component_id text not null,
  -- grows with each specification of the component
  specification integer not null,
  endpoint_id text not null references endpoint on delete cascade,
  inference_component_name text not null,
  variant_name text not null,
  -- as CreateInferenceComponent or UpdateInferenceComponent gave it
  request jsonb not null,
  -- what a copy runs, as all was when it was asked for
  variant jsonb not null,
  -- what a copy takes of its instance, and how copies are spread
  placement jsonb not null,
  copy_count integer not null,
  -- it was scaled to zero before: requests are held while it has no copy
  scales_to_zero boolean not null default false,
  -- false until its copies have come up once
  is_proven boolean not null default false,
  -- why copies that were to come up since the last change did not
  failure text,
  primary key (component_id, specification)
);
create index component_workload_endpoint on component_workload (endpoint_id);

-- A replica that is a copy: whose, and on which of its variant's instances, from 1.
alter table replica add column component_id text;
alter table replica add column specification integer;
alter table replica add column instance_number integer;
