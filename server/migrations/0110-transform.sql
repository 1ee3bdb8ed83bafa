create table transform_job (
  -- tells a job from a later one of the same name; its story and its tasks are named after it
  transform_job_id uuid primary key,
  realm bigint not null references realm,
  account text not null,
  region text not null,
  transform_job_name text collate "C" not null,
  transform_job_arn text not null,
  -- CreateTransformJob's request, but for its tags
  request jsonb not null,
  -- CreateModel's request as it was then: the model may be deleted while the job runs
  model jsonb not null,
  status text collate "C" not null,
  failure_reason text,
  started_at timestamptz,
  ended_at timestamptz,
  created_at timestamptz not null,
  modified_at timestamptz not null
);
-- names that differ only by case have the same ARN
create unique index transform_job_name on transform_job (realm, region, lower(transform_job_name));
create index transform_job_created on transform_job (realm, region, created_at, transform_job_name);
create index transform_job_active on transform_job (status) where status in ('InProgress', 'Stopping');
