create table tag (
  realm bigint not null,
  resource_arn text collate "C" not null,
  key text collate "C" not null,
  value text not null,
  primary key (realm, resource_arn, key)
);
