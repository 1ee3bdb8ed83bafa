-- What Application Auto Scaling may scale, within which bounds.
create table scalable_target (
  -- the last part of its ARN
  target_id text primary key,
  realm bigint not null references realm,
  account text not null,
  region text not null,
  resource_id text not null,
  scalable_dimension text not null,
  -- of a variant of an endpoint: whose it is
  endpoint_name text,
  variant_name text,
  min_capacity integer not null,
  max_capacity integer not null,
  -- SuspendedState
  suspended jsonb not null,
  tags jsonb not null,
  -- the bounds were set, and whether the capacity lies within them has not been looked at since
  bounds_changed boolean not null default true,
  -- what the last activity of a policy asks later ones to wait for or to reckon with
  cooldown jsonb,
  -- when to look at the target though nothing is announced
  look_at timestamptz,
  created_at timestamptz not null,
  unique (realm, region, resource_id, scalable_dimension)
);
create index scalable_target_endpoint on scalable_target (realm, region, endpoint_name);
create index scalable_target_look on scalable_target (look_at) where look_at is not null;

create table scaling_policy (
  -- the part of its ARN that tells it from a later one of the same name
  policy_id text primary key,
  target_id text not null references scalable_target on delete cascade,
  realm bigint not null references realm,
  policy_name text not null,
  policy_type text not null,
  -- AWS's shape for the type
  configuration jsonb not null,
  -- of target tracking: the alarms that are kept for it, by what they are for
  alarms jsonb not null,
  created_at timestamptz not null,
  unique (target_id, policy_name)
);

create table scheduled_action (
  action_id text primary key,
  target_id text not null references scalable_target on delete cascade,
  realm bigint not null references realm,
  action_name text not null,
  schedule text not null,
  timezone text,
  start_at timestamptz,
  end_at timestamptz,
  -- ScalableTargetAction
  bounds jsonb not null,
  -- null once it will not come again
  next_at timestamptz,
  created_at timestamptz not null,
  unique (target_id, action_name)
);
create index scheduled_action_next on scheduled_action (next_at) where next_at is not null;

-- What was done, or decided not to be done. The row is there before anything is done: it is the intent.
create table scaling_activity (
  activity_id text primary key,
  sequence bigint generated always as identity,
  realm bigint not null references realm,
  account text not null,
  region text not null,
  -- outlives its target
  target_id text not null,
  resource_id text not null,
  scalable_dimension text not null,
  description text not null,
  cause text not null,
  status_code text not null,
  status_message text,
  not_scaled_reasons jsonb,
  -- what is asked for; null where only bounds were set, or nothing was done
  capacity integer,
  -- of a policy's: what its end begins
  cooldown jsonb,
  -- the alarm's action that asked for it: asked again it is not done again
  trigger_id text unique,
  started_at timestamptz not null,
  ended_at timestamptz
);
create index scaling_activity_listing on scaling_activity (realm, region, sequence);
create index scaling_activity_target on scaling_activity (target_id, sequence);
-- one thing at a time is done with a target
create unique index scaling_activity_open on scaling_activity (target_id)
  where status_code in ('Pending', 'InProgress');
