-- What has been measured: a metric is its namespace, name and dimensions. Its id is a hash of them and of the
-- region, so that whoever writes points knows it without asking.
create table metric (
  realm bigint not null,
  metric_id uuid not null,
  region text not null,
  namespace text collate "C" not null,
  metric_name text collate "C" not null,
  -- {name: value}
  dimensions jsonb not null,
  primary key (realm, metric_id)
);
create index metric_listing on metric (realm, region, namespace, metric_name, metric_id);

-- One row per metric, span of time and unit, merged with each batch of samples: the spare room, and no index on
-- what changes, keep updates inside the page.
create table metric_point (
  realm bigint not null,
  metric_id uuid not null,
  -- how many seconds the row covers: 1, 60, 300 or 3600
  width smallint not null,
  -- where they begin, seconds of the epoch, a multiple of the width
  at_seconds bigint not null,
  unit text collate "C" not null,
  sample_count double precision not null,
  sum double precision not null,
  minimum double precision not null,
  maximum double precision not null,
  -- Which values how often, values ascending: see statistics/value-distribution.ts. Null where all are the same,
  -- and where it is not known since somebody sent sums only.
  distinct_values double precision[],
  value_counts double precision[],
  primary key (realm, metric_id, width, at_seconds, unit)
) with (fillfactor = 70);

-- Batches of samples that have been taken, so that one sent again after a lost answer is not counted twice.
create table metric_batch (
  realm bigint not null,
  batch_id text collate "C" not null,
  -- Postgres's own time: senders try again within minutes of the wall's
  taken_at timestamptz not null default now(),
  primary key (realm, batch_id)
);

create table metric_dashboard (
  realm bigint not null,
  name text collate "C" not null,
  body text not null,
  last_modified timestamptz not null,
  primary key (realm, name)
);
