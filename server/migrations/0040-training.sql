create table training_job (
  -- tells a job from a later one of the same name; its story and its tasks are named after it
  training_job_id uuid primary key,
  realm bigint not null references realm,
  account text not null,
  region text not null,
  training_job_name text collate "C" not null,
  training_job_arn text not null,
  -- CreateTrainingJob's request, but for its tags, with the defaults filled in
  request jsonb not null,
  status text collate "C" not null,
  secondary_status text not null,
  -- [{Status, StartTime, EndTime, StatusMessage}], AWS's shape with times in ISO 8601
  transitions jsonb not null,
  -- why the job is stopping: Requested, MaxRuntimeExceeded or MaxWaitTimeExceeded
  stop_cause text,
  -- from 1; counts how often the tasks were started
  attempt integer not null,
  attempt_began_at timestamptz not null,
  training_started_at timestamptz,
  training_ended_at timestamptz,
  failure_reason text,
  -- where the model went
  model_artifacts text,
  -- [{MetricName, Value, Timestamp}], likewise
  final_metrics jsonb not null,
  created_at timestamptz not null,
  modified_at timestamptz not null
);
-- names that differ only by case have the same ARN
create unique index training_job_name on training_job (realm, region, lower(training_job_name));
create index training_job_created on training_job (realm, region, created_at, training_job_name);
create index training_job_active on training_job (status) where status in ('InProgress', 'Stopping');
