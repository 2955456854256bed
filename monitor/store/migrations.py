"""The schema, as a list of steps that each run once. Order matters: add new steps at the end."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("monitor")
SCHEMA_VERSION = 3


@MIGRATIONS()
def m0001_create_tables(db: Database) -> None:
    """Create the tables of version 0.1."""
    for statement in _FIRST.split(";\n"):
        if statement.strip():
            db.execute(statement)


@MIGRATIONS()
def m0002_join_notices(db: Database) -> None:
    """Create the table of what tells notices apart, so that copies on other portals are found."""
    for statement in _TWINS.split(";\n"):
        if statement.strip():
            db.execute(statement)


_TWINS = """
create table twin (
  listing integer primary key references listing(id) on delete cascade,
  notice integer not null references notice(id) on delete cascade,
  same_as integer not null,
  why text not null,
  stage text not null,
  title text not null,
  number text not null,
  day text,
  sketch text not null
) strict;
create index twin_group on twin (same_as);
create index twin_title on twin (title, stage, day);
create index twin_number on twin (number, stage, day);
create index alert_notice on alert (notice)
"""


@MIGRATIONS()
def m0003_know_what_was_not_read(db: Database) -> None:
    """Create what gaps, back-fills, learned expectations and attachments need."""
    for statement in _UNREAD.split(";\n"):
        if statement.strip():
            db.execute(statement)


_UNREAD = """
alter table source add column horizon_at text;
update source set horizon_at = last_good_at;
alter table listing add column recheck_at text;
alter table listing add column rechecks integer not null default 0;
create index listing_recheck on listing (source, recheck_at) where recheck_at is not null;
create table gap (
  id integer primary key,
  source text not null references source(name) on delete cascade,
  list text not null,
  request text not null,
  since text not null,
  until text not null,
  state text not null,
  why text not null,
  pages integer not null default 0,
  noted_at text not null,
  ended_at text,
  unique (source, list, since)
) strict;
create table reach (
  id integer primary key,
  source text not null references source(name) on delete cascade,
  since text not null,
  until text not null
) strict;
create table expectation (
  source text not null references source(name) on delete cascade,
  field text not null,
  rows real not null,
  held real not null,
  primary key (source, field)
) strict;
create table attachment (
  id integer primary key,
  listing integer not null references listing(id) on delete cascade,
  url text not null,
  name text not null,
  read integer not null,
  why text not null,
  kind text not null,
  record_id text not null,
  sha256 text not null,
  tried_at text not null,
  unique (listing, url)
) strict
"""


@MIGRATIONS()
def m0004_prove_and_pace(db: Database) -> None:
    """Create what the chain of evidence, routes, later looks and upkeep need."""
    for statement in _PROOF.split(";\n"):
        if statement.strip():
            db.execute(statement)


_PROOF = """
create table chain (
  number integer primary key,
  at text not null,
  kind text not null,
  subject text not null,
  digest text not null,
  link text not null
) strict;
create index chain_subject on chain (subject, kind);
create table timestamp (
  number integer primary key references chain(number),
  authority text not null,
  at text not null,
  token blob not null
) strict;
alter table capture add column packed text not null default '';
create index capture_url on capture (url);
create index listing_title on listing (source, title);
alter table delivery add column route text not null default '';
alter table delivery add column batch text not null default '';
alter table delivery add column tried_at text;
alter table delivery add column refused_at text;
create index delivery_turn on delivery (receiver, state, created_at, id);
create index delivery_sent on delivery (receiver, sent_at) where sent_at is not null;
create index delivery_batch on delivery (batch) where batch <> '';
drop index delivery_due;
alter table process drop column last_told_at;
create index delivery_digest on delivery (digest, state);
create table judgement (
  id integer primary key,
  alert text not null references alert(id) on delete cascade,
  verdict text not null,
  note text not null,
  judged_at text not null
) strict;
create index judgement_alert on judgement (alert);
create table mute (
  id integer primary key,
  kind text not null,
  value text not null,
  why text not null,
  noted_at text not null,
  until text,
  unique (kind, value)
) strict;
create table relook (
  listing integer primary key references listing(id) on delete cascade,
  told_at text not null,
  step integer not null,
  due_at text,
  state text not null,
  record_id text not null default '',
  looked_at text,
  cause text not null default ''
) strict;
create index relook_due on relook (due_at) where due_at is not null;
create table vital (
  name text primary key,
  value text not null,
  at text not null
) strict
"""

_FIRST = """
create table source (
  name text primary key,
  state text not null default 'new',
  cause text not null default '',
  missed text not null default '',
  advice text not null default '',
  state_since text,
  next_check_at text,
  last_attempt_at text,
  last_good_at text,
  last_listings integer not null default 0,
  failures integer not null default 0,
  told_state text not null default '',
  baseline_at text,
  sample integer not null default 0
) strict;
create table validator (
  source text not null references source(name) on delete cascade,
  url text not null,
  etag text not null,
  modified text not null,
  primary key (source, url)
) strict;
create table budget (
  host text not null,
  day text not null,
  requests integer not null,
  primary key (host, day)
) strict, without rowid;
create table capture (
  record_id text primary key,
  source text not null references source(name) on delete cascade,
  url text not null,
  fetched_at text not null,
  status integer not null,
  sha256 text not null,
  tls text not null
) strict;
create table listing (
  id integer primary key,
  source text not null references source(name) on delete cascade,
  listing_id text not null,
  url text not null,
  title text not null,
  published_raw text not null,
  published_at text,
  region text not null,
  buyer text not null,
  notice_type text not null,
  content text not null,
  state text not null,
  triage text not null,
  baseline integer not null,
  attempts integer not null default 0,
  next_try_at text,
  error text not null default '',
  first_seen_at text not null,
  last_seen_at text not null,
  record_id text not null,
  unique (source, listing_id)
) strict;
create index listing_waiting on listing (source, state, next_try_at);
create table listing_change (
  id integer primary key,
  listing integer not null references listing(id) on delete cascade,
  seen_at text not null,
  field text not null,
  old text not null,
  new text not null
) strict;
create table process (
  id integer primary key,
  key text not null unique,
  verdict text not null,
  last_told_at text
) strict;
create table notice (
  id integer primary key,
  listing integer not null references listing(id) on delete cascade,
  version integer not null,
  change text not null,
  changed_fields text not null,
  process integer references process(id),
  record_id text not null,
  sha256 text not null,
  seen_at text not null,
  url text not null,
  title text not null,
  tag text not null,
  published_at text,
  buyer text not null,
  project_number text not null,
  fields text not null,
  verdict text not null,
  reason text not null,
  decision text not null,
  score real not null,
  match text not null,
  watchlist_version text not null,
  unique (listing, version)
) strict;
create index notice_url on notice (url);
create index notice_verdict on notice (verdict, seen_at);
create table alert (
  id text primary key,
  kind text not null,
  source text references source(name) on delete cascade,
  notice integer references notice(id) on delete cascade,
  verdict text not null,
  reason text not null,
  fingerprint text not null,
  created_at text not null,
  sample integer not null,
  content text not null
) strict;
create index alert_created on alert (created_at);
create table delivery (
  id integer primary key,
  alert text not null references alert(id) on delete cascade,
  receiver text not null,
  digest text not null default '',
  state text not null,
  attempts integer not null default 0,
  next_try_at text not null,
  leased_until text,
  leased_by text not null default '',
  created_at text not null,
  sent_at text,
  error text not null default '',
  unique (alert, receiver)
) strict;
create index delivery_due on delivery (receiver, state, next_try_at);
create table issue (
  id integer primary key,
  source text not null references source(name) on delete cascade,
  kind text not null,
  field text not null,
  raw text not null,
  url text not null,
  first_seen_at text not null,
  last_seen_at text not null,
  count integer not null,
  unique (source, kind, field, raw, url)
) strict
"""
