/** The tables of the store, as steps from an empty file to the newest form. Never change a step: add one. */

const first = `
create table setting (
  name text primary key,
  value text not null
) strict, without rowid;

create table project (
  number integer primary key autoincrement,
  entity text not null,
  name text not null collate nocase,
  created_at text not null,
  unique (entity, name)
) strict;

create table run (
  number integer primary key autoincrement,
  project integer not null references project on delete cascade,
  id text not null,
  name text not null,
  state text not null,
  exit_code integer,
  created_at text not null,
  heartbeat_at text not null,
  finished_at text,
  config text not null default '{}',
  summary text not null default '{}',
  job_type text,
  run_group text,
  notes text,
  description text,
  tags text not null default '[]',
  program text,
  git_commit text,
  repo text,
  host text,
  sweep text,
  stop_requested integer not null default 0,
  launch text,
  sdk_complete integer not null default 0,
  sdk_exit_code integer,
  unique (project, id)
) strict;
create index run_by_id on run (id);
create index run_by_name on run (name);
create index run_by_time on run (created_at);
create index run_by_project on run (project, created_at);

create table line (
  run integer not null references run on delete cascade,
  file text not null,
  number integer not null,
  step integer,
  content text not null,
  primary key (run, file, number)
) strict, without rowid;
create index line_by_step on line (run, file, step, number) where step is not null;

create table run_file (
  number integer primary key autoincrement,
  run integer not null references run on delete cascade,
  path text not null,
  digest text not null,
  size integer not null,
  blob text not null,
  updated_at text not null,
  unique (run, path)
) strict;
create index run_file_by_blob on run_file (blob);

create table collection (
  number integer primary key autoincrement,
  project integer not null references project on delete cascade,
  name text not null,
  type text not null,
  description text,
  created_at text not null,
  next_version integer not null default 0,
  display_name text,
  unique (project, name)
) strict;
create index collection_by_type on collection (project, type, name);
create index collection_by_display_name on collection (project, display_name) where display_name is not null;

create table artifact (
  number integer primary key autoincrement,
  collection integer not null references collection on delete cascade,
  version integer,
  state text not null,
  digest text not null,
  description text,
  metadata text,
  logged_metadata text,
  created_by text,
  history_step integer,
  created_at text not null,
  updated_at text,
  file_count integer not null default 0,
  size integer not null default 0,
  wanted_aliases text not null default '[]',
  unique (collection, version)
) strict;
create index artifact_by_digest on artifact (collection, digest);

create table client (
  id text primary key,
  artifact integer not null references artifact on delete cascade
) strict, without rowid;
create index client_by_artifact on client (artifact);

create table alias (
  collection integer not null references collection on delete cascade,
  alias text not null,
  artifact integer not null references artifact on delete cascade,
  primary key (collection, alias)
) strict, without rowid;
create index alias_by_artifact on alias (artifact);

create table entry (
  artifact integer not null references artifact on delete cascade,
  path text not null,
  digest text not null,
  size integer not null,
  reference text,
  birth text,
  blob text,
  primary key (artifact, path)
) strict, without rowid;
create index entry_by_blob on entry (blob) where blob is not null;
create index entry_by_birth on entry (birth, digest) where blob is not null;

create table upload (
  artifact integer not null references artifact on delete cascade,
  digest text not null,
  size integer not null,
  blob text not null,
  primary key (artifact, digest)
) strict, without rowid;
create index upload_by_blob on upload (blob);

create table manifest (
  number integer primary key autoincrement,
  artifact integer not null references artifact on delete cascade,
  kind text not null,
  digest text not null,
  base integer,
  blob text
) strict;
create index manifest_by_artifact on manifest (artifact);
create index manifest_by_blob on manifest (blob) where blob is not null;

create table run_artifact (
  run integer not null references run on delete cascade,
  role text not null,
  artifact integer not null references artifact on delete cascade,
  primary key (run, role, artifact)
) strict, without rowid;
create index run_artifact_by_artifact on run_artifact (artifact, role);

create table loose (
  blob text primary key
) strict, without rowid;

create table access_key (
  hash text primary key,
  entity text not null,
  project text collate nocase,
  run text
) strict, without rowid;
create index access_key_by_run on access_key (run) where run is not null;
`

/** Step n takes a file from `user_version` n to n + 1. */
export const steps: ReadonlyArray<string> = [first]
