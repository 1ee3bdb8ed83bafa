create table alarm (
  alarm_id bigint generated always as identity primary key,
  realm bigint not null,
  account text not null,
  region text not null,
  name text collate "C" not null,
  arn text not null,
  -- MetricAlarm or CompositeAlarm
  kind text not null,
  -- what PutMetricAlarm or PutCompositeAlarm said, in CloudWatch's shape
  configuration jsonb not null,
  actions_enabled boolean not null,
  configured_at timestamptz not null,
  state text not null,
  state_reason text not null,
  state_reason_data text,
  state_updated_at timestamptz not null,
  state_changed_at timestamptz not null,
  -- what keeps a composite alarm's actions back at present
  suppression jsonb,
  -- how often a metric alarm is evaluated; composite alarms follow their children
  evaluation_seconds integer,
  -- a metric alarm's next evaluation; the end of what a composite alarm waits for
  next_look_at timestamptz
) with (fillfactor = 70);
create unique index alarm_name on alarm (realm, region, name);
create index alarm_next_look on alarm (next_look_at) where next_look_at is not null;
create index alarm_quick on alarm (alarm_id) where evaluation_seconds < 60;
create index alarm_of_metric on alarm
  (realm, region, (configuration ->> 'Namespace'), (configuration ->> 'MetricName'))
  where kind = 'MetricAlarm';

-- Which alarms a composite alarm looks at: by its rule, or as the suppressor of its actions.
create table alarm_dependency (
  parent_id bigint not null references alarm on delete cascade,
  realm bigint not null,
  region text not null,
  child_name text collate "C" not null,
  -- Rule or Suppressor
  role text not null,
  primary key (parent_id, role, child_name)
);
create index alarm_dependency_child on alarm_dependency (realm, region, child_name);

-- Outlives its alarm.
create table alarm_history (
  history_id bigint generated always as identity primary key,
  realm bigint not null,
  region text not null,
  alarm_name text collate "C" not null,
  alarm_kind text not null,
  at timestamptz not null,
  -- ConfigurationUpdate, StateUpdate or Action
  item_type text not null,
  summary text not null,
  data text not null
);
create index alarm_history_of_alarm on alarm_history (realm, region, alarm_name, at, history_id);
create index alarm_history_at on alarm_history (at);

-- Actions that state changes call for: written with the change, gone when they are done.
create table alarm_action (
  action_id bigint generated always as identity primary key,
  realm bigint not null,
  account text not null,
  region text not null,
  alarm_name text collate "C" not null,
  alarm_kind text not null,
  action_arn text not null,
  -- invoked again because the alarm stays in its state
  is_repeat boolean not null,
  -- the alarm as it was then
  reading jsonb not null,
  attempts integer not null default 0
);
create index alarm_action_of_alarm on alarm_action (realm, region, alarm_name);
