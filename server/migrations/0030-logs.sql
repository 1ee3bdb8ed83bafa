create table log_group (
  group_id bigint generated always as identity primary key,
  realm bigint not null,
  region text not null,
  name text collate "C" not null,
  arn text not null,
  class text not null,
  kms_key_id text,
  is_protected boolean not null,
  -- {key: value}
  tags jsonb not null,
  -- absent: events are kept for ever
  retention_days integer,
  created_at timestamptz not null
);
create unique index log_group_name on log_group (realm, region, name);

-- Updated with every batch: the spare room, and no index on what changes, keep updates inside the page.
create table log_stream (
  stream_id bigint generated always as identity primary key,
  group_id bigint not null references log_group on delete cascade,
  name text collate "C" not null,
  arn text not null,
  created_at timestamptz not null,
  next_sequence bigint not null default 0,
  first_event_ms bigint,
  last_event_ms bigint,
  last_ingestion_ms bigint,
  stored_bytes bigint not null default 0,
  -- the longest time that one chunk covers: how far before an instant a chunk that reaches it can begin
  chunk_span_ms bigint not null default 0,
  -- of the platform's own runners: where in its output file the last batch that was stored begins
  last_offset bigint
) with (fillfactor = 50);
create unique index log_stream_name on log_stream (group_id, name);

-- One row per batch of events, which are in the order of their timestamps.
create table log_chunk (
  stream_id bigint not null references log_stream on delete cascade,
  first_sequence bigint not null,
  last_sequence bigint not null,
  min_ms bigint not null,
  max_ms bigint not null,
  ingested_ms bigint not null,
  -- as CloudWatch counts: the messages in UTF-8 and 26 for each event
  bytes integer not null,
  events bytea not null,
  primary key (stream_id, first_sequence)
);
create index log_chunk_begin on log_chunk (stream_id, min_ms, first_sequence);
create index log_chunk_end on log_chunk (stream_id, max_ms, last_sequence);
-- the bytes are compressed already
alter table log_chunk alter column events set storage external;
