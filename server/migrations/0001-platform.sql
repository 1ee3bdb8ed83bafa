-- The lives of accounts: `reset` ends one and begins the next. Rows of a life that is over are invisible
-- at once and are deleted behind.
create table realm (
  realm bigint generated always as identity primary key,
  account text not null,
  began_at timestamptz not null,
  ended_at timestamptz
);
create unique index realm_present on realm (account) where ended_at is null;
