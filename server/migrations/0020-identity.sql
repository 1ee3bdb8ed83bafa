-- Roles are global: they belong to a realm, not to a region.
create table iam_role (
  realm bigint not null,
  role_id text not null,
  name text collate "C" not null,
  path text collate "C" not null,
  arn text not null,
  description text,
  -- the document as it was given; JSON
  trust_policy text not null,
  session_seconds_max integer not null,
  permissions_boundary_arn text,
  -- [{Key, Value}], AWS's shape
  tags jsonb not null,
  created_at timestamptz not null,
  primary key (realm, role_id)
);
-- AWS compares the names of roles without regard to case
create unique index iam_role_name on iam_role (realm, lower(name));
create index iam_role_arn on iam_role (realm, arn);

create table iam_role_policy (
  realm bigint not null,
  role_id text not null,
  name text collate "C" not null,
  document text not null,
  primary key (realm, role_id, name),
  foreign key (realm, role_id) references iam_role on delete cascade
);

create table iam_role_attachment (
  realm bigint not null,
  role_id text not null,
  policy_arn text collate "C" not null,
  attached_at timestamptz not null,
  primary key (realm, role_id, policy_arn),
  foreign key (realm, role_id) references iam_role on delete cascade
);
