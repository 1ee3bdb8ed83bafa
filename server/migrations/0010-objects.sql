-- Buckets and the index of objects. Names and keys are in byte order (collate "C"), which is the order that
-- S3 lists in, whatever the database's own collation.
create table bucket (
  bucket_id bigint generated always as identity primary key,
  realm bigint not null references realm,
  name text collate "C" not null,
  region text not null,
  created_at timestamptz not null,
  unique (realm, name)
);

-- What an object is now. Its bytes are `content` when they are few, else the sequences `blob_ids` of
-- platform/objects, one after the other. A multipart object, and no other, has `part_checksums`: its parts
-- are its sequences.
create table object (
  bucket_id bigint not null references bucket,
  key text collate "C" not null,
  size_bytes bigint not null,
  etag text not null,
  last_modified timestamptz not null,
  content bytea,
  blob_ids text[] not null default '{}',
  blob_sizes bigint[] not null default '{}',
  part_checksums text[],
  checksum jsonb not null,
  description jsonb not null,
  tags jsonb not null default '[]',
  primary key (bucket_id, key)
);
-- few bytes are not worth an attempt to compress them: most are compressed already
alter table object alter column content set storage external;

-- A multipart upload; a completed one stays for a while, so that completing it again answers the same.
create table object_upload (
  upload_id text collate "C" primary key,
  bucket_id bigint not null references bucket on delete cascade,
  key text collate "C" not null,
  initiated_at timestamptz not null,
  checksum_algorithm text not null,
  checksum_type text not null,
  checksum_asked boolean not null,
  description jsonb not null,
  tags jsonb not null,
  completed_at timestamptz,
  completion jsonb
);
create index object_upload_of_bucket on object_upload (bucket_id, key, upload_id);

-- `blob_id` becomes null when the bytes pass on to the object at completion.
create table object_part (
  upload_id text collate "C" not null references object_upload on delete cascade,
  part_number integer not null,
  size_bytes bigint not null,
  etag text not null,
  checksum text not null,
  last_modified timestamptz not null,
  blob_id text,
  primary key (upload_id, part_number)
);

-- Bytes that no row refers to any more. They are removed some seconds after the commit, for the sake of
-- those who have just read the row; `discarded_at` is Postgres's time, which no frozen clock stops.
create table object_garbage (
  blob_id text primary key,
  discarded_at timestamptz not null default now()
);

-- Whatever statement takes bytes from a row, the same transaction says that they are garbage.
create function object_discards_blobs() returns trigger language plpgsql as $$
begin
  insert into object_garbage (blob_id) select unnest(old.blob_ids) on conflict do nothing;
  return null;
end $$;
create trigger object_deleted after delete on object
  for each row when (old.blob_ids <> '{}') execute function object_discards_blobs();
create trigger object_overwritten after update on object
  for each row when (old.blob_ids <> '{}' and old.blob_ids <> new.blob_ids)
  execute function object_discards_blobs();

create function object_part_discards_blob() returns trigger language plpgsql as $$
begin
  insert into object_garbage (blob_id) values (old.blob_id) on conflict do nothing;
  return null;
end $$;
create trigger object_part_deleted after delete on object_part
  for each row when (old.blob_id is not null) execute function object_part_discards_blob();
create trigger object_part_replaced after update on object_part
  for each row when (old.blob_id <> new.blob_id) execute function object_part_discards_blob();

-- For "is anything still referring to these bytes", asked of what a crash left in flight.
create index object_blob on object using gin (blob_ids) where blob_ids <> '{}';
create index object_part_blob on object_part (blob_id) where blob_id is not null;
