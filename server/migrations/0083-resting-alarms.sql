-- Metric alarms that nothing can change but new data: what they have counted of each metric when they were looked at
-- last. An alarm is woken when there is another number of samples.
create table alarm_rest (
  alarm_id bigint not null references alarm on delete cascade,
  realm bigint not null,
  metric_id uuid not null,
  -- where the oldest period that it looks at begins, seconds of the epoch
  from_seconds bigint not null,
  samples double precision not null,
  primary key (alarm_id, metric_id)
);

-- The platform's time at the last scheduled evaluation: later than now when the clock was put back since.
alter table alarm add column evaluated_at timestamptz;
create index alarm_evaluated on alarm (evaluated_at);
update alarm set next_look_at = configured_at where kind = 'MetricAlarm';
