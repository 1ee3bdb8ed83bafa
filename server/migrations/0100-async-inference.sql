-- The queue of asynchronous endpoints: one row per request from its acceptance to its end.
create table async_invocation (
  invocation_id text primary key,
  realm bigint not null references realm,
  account text not null,
  region text not null,
  endpoint_name text not null,
  endpoint_arn text not null,
  -- InvokeEndpointAsync's request, but for its body
  request jsonb not null,
  body bytea,
  output_location text,
  failure_location text,
  -- by the platform's clock
  received_at timestamptz not null,
  expires_at timestamptz not null,
  -- how often it was given to a replica
  attempts integer not null default 0,
  -- the replica that works on it, and the process that waits for that; null while it is queued. The lease is
  -- Postgres's time: it says whether that process is alive, which a frozen clock must not hide.
  replica_id text,
  variant_name text,
  lease_owner text,
  lease_until timestamptz
);
create index async_invocation_queue on async_invocation (endpoint_arn, received_at);
create index async_invocation_lease on async_invocation (lease_owner);

-- Notifications as their topics would get them, kept until there is something to deliver them.
create table async_notification (
  notification_id bigint generated always as identity primary key,
  realm bigint not null references realm,
  account text not null,
  region text not null,
  topic_arn text not null,
  message jsonb not null,
  created_at timestamptz not null
);

-- Of which fleets of asynchronous endpoints the topics have had their test message.
create table async_topic_test (
  realm bigint not null references realm,
  region text not null,
  endpoint_arn text not null,
  generation integer not null,
  primary key (realm, region, endpoint_arn, generation)
);
