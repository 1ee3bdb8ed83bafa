create table inference_experiment (
  realm bigint not null references realm,
  account text not null,
  region text not null,
  experiment_name text not null,
  experiment_arn text not null,
  endpoint_name text not null,
  -- CreateInferenceExperiment's request, but for its tags, as it was updated since
  request jsonb not null,
  status text not null,
  status_reason text,
  start_at timestamptz not null,
  end_at timestamptz not null,
  -- the endpoint configuration that the endpoint is being brought to, while it is
  plan jsonb,
  -- what StopInferenceExperiment asked for, or the end of the schedule
  stop jsonb,
  -- the endpoint's configuration before the experiment
  original_config_name text,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  completed_at timestamptz,
  primary key (realm, region, experiment_name)
);
create index inference_experiment_status on inference_experiment (status);
